import type { Vocabulary } from '../../text/vocabulary.ts';
import { norm } from '../norm.ts';
import type { Table } from '../table.ts';
import type { BpttExamination, GradientCheck } from './bptt.ts';
import type { StatePart } from './network-step.ts';

/** Units of a state that are shown: the rest are in the JSON. */
const SHOWN_UNITS = 6;

/** Symbols of a distribution that are shown, the likeliest first. */
const SHOWN_SYMBOLS = 5;

/** Numbers of a gradient that are shown one by one. */
const SHOWN_NUMBERS = 9;

/** What an examination found, as tables: states, distributions, the terms of the sum, what is dropped, copies, and the three columns. */
export function bpttTables(found: BpttExamination, vocabulary: Vocabulary): Table[] {
  return [
    ...found.parts.map((part) => stateTable(found, vocabulary, part)),
    distributionTable(found, vocabulary),
    termTable(found, vocabulary),
    ...copyTable(found, vocabulary),
    numberTable(found),
    checkTable(found.checks),
  ];
}

function stateTable({ text, unfolded }: BpttExamination, vocabulary: Vocabulary, part: StatePart): Table {
  const { layer, of, offset, size } = part;
  const units = Array.from({ length: Math.min(size, SHOWN_UNITS) }, (_, unit) => unit);
  const more = size > units.length ? `, the first ${units.length} of ${size} units` : '';
  return {
    title: `${of}_t of layer ${layer + 1}${more}`,
    keys: 2,
    header: ['t', 'reads', ...units.map((unit) => `${of}[${unit + 1}]`), `‖${of}‖`],
    rows: unfolded.steps.map(({ state }, t) => {
      const own = state.slice(offset, offset + size);
      const reads = vocabulary.label(text.inputs[t]!);
      return [String(t + 1), reads, ...units.map((unit) => own[unit]!.toFixed(4)), norm(own).toFixed(4)];
    }),
  };
}

/** y_t beside what is true, and L_t. */
function distributionTable({ text, unfolded, loss }: BpttExamination, vocabulary: Vocabulary): Table {
  const totals = unfolded.steps[0]!.probabilities.map((_, id) =>
    unfolded.steps.reduce((sum, { probabilities }) => sum + probabilities[id]!, 0),
  );
  const targets = new Set(text.targets);
  const likeliest = [...totals.keys()].sort(
    (a, b) => Number(targets.has(b)) - Number(targets.has(a)) || totals[b]! - totals[a]! || a - b,
  );
  const shown = likeliest.slice(0, Math.max(SHOWN_SYMBOLS, targets.size)).sort((a, b) => a - b);
  const rows = unfolded.steps.map(({ probabilities }, t) => [
    String(t + 1),
    vocabulary.label(text.inputs[t]!),
    vocabulary.label(text.targets[t]!),
    ...shown.map((id) => `${probabilities[id]!.toFixed(3)}${id === text.targets[t] ? '*' : ''}`),
    unfolded.losses[t]!.toFixed(4),
  ]);
  return {
    title: 'y_t by symbol (* marks the true one) and L_t in nats',
    keys: 3,
    header: ['t', 'reads', 'true', ...shown.map((id) => vocabulary.label(id)), 'L_t'],
    rows: [...rows, ['Σ', '', '', ...shown.map(() => ''), loss.toFixed(4)]],
  };
}

/** The triangle of norms: a row for each loss, a column for each step that it goes back to. */
function termTable({ text, sum, truncation }: BpttExamination, vocabulary: Vocabulary): Table {
  const steps = sum.norms.length;
  const kept = truncation ? [`τ = ${truncation.steps} keeps`, 'drops'] : [];
  const rows = sum.norms.map((row, t) => [
    String(t + 1),
    ...Array.from({ length: steps }, (_, k) => (k <= t ? short(row[k]!) : '')),
    short(norm(sum.byLoss[t]!)),
    ...(truncation ? [short(norm(truncation.kept.byLoss[t]!)), short(truncation.dropped[t]!)] : []),
  ]);
  const totals = truncation ? [short(norm(truncation.kept.total)), short(truncation.droppedTotal)] : [];
  return {
    title: `‖∂L_t/∂s_t · ∂s_t/∂s_k · ∂⁺s_k/∂W‖, W = ${sum.tensor}; the last row is ∂L/∂W`,
    header: [
      't',
      ...Array.from({ length: steps }, (_, k) => `k=${k + 1} ${vocabulary.label(text.inputs[k]!)}`),
      '‖∂L_t/∂W‖',
      ...kept,
    ],
    rows: [...rows, ['Σ', ...Array<string>(steps).fill(''), short(norm(sum.total)), ...totals]],
  };
}

/** Weight constraint: W is one tensor in every step, so its gradient is the sum of the gradients of the steps' copies. */
function copyTable({ text, sum, copies }: BpttExamination, vocabulary: Vocabulary): Table[] {
  if (!copies) return [];
  const rows = sum.byCopy.map((explicit, k) => {
    const { places, values } = copies.differences[k]!;
    const difference = Math.max(...places.map((place, index) => Math.abs(values[index]! - explicit[place]!)));
    return [String(k + 1), vocabulary.label(text.inputs[k]!), short(norm(explicit)), short(difference)];
  });
  return [
    {
      title: `∂L/∂W_k where every step has a copy of ${sum.tensor}: the copies are one, so ∂L/∂W = Σ_k ∂L/∂W_k`,
      keys: 2,
      header: ['k', 'reads', '‖∂L/∂W_k‖', 'differs from central differences by'],
      rows: [...rows, ['Σ', '', short(norm(sum.total)), short(copies.error)]],
    },
  ];
}

/** The largest numbers of ∂L/∂W, in three columns. */
function numberTable({ sum, checks }: BpttExamination): Table {
  const { shape, explicit, backpropagated, differences } = checks.find(({ tensor }) => tensor === sum.tensor)!;
  const width = shape.at(-1)!;
  const shown = [...differences.places.entries()]
    .sort(([, a], [, b]) => Math.abs(explicit[b]!) - Math.abs(explicit[a]!) || a - b)
    .slice(0, SHOWN_NUMBERS);
  return {
    title: `∂L/∂W_ij, W = ${sum.tensor}: explicit sum over k, backpropagation, central differences; the largest ${shown.length} of ${explicit.length}`,
    // In 60 columns of a terminal, the three stand side by side.
    header: ['i, j', 'explicit sum', 'backpropagation', 'differences'],
    rows: shown.map(([index, place]) => [
      `${Math.floor(place / width) + 1}, ${(place % width) + 1}`,
      explicit[place]!.toFixed(12),
      backpropagated[place]!.toFixed(12),
      differences.values[index]!.toFixed(12),
    ]),
  };
}

function checkTable(checks: readonly GradientCheck[]): Table {
  return {
    title: '∂L/∂θ of every tensor: the norm, and the greatest difference from the explicit sum',
    // In 80 columns of a terminal, all columns stand side by side.
    header: ['θ', '‖∂L/∂θ‖', 'backpropagation', 'differences', 'checked'],
    rows: checks.map(({ tensor, explicit, differences, error }) => [
      tensor,
      short(norm(explicit)),
      error.backpropagated.toExponential(1),
      error.differences.toExponential(1),
      `${differences.places.length} of ${explicit.length}`,
    ]),
  };
}

/** Three digits: 0.123 as it is, 1.23e-7 where there would be more than two zeros. */
function short(value: number): string {
  if (value === 0) return '0';
  const isPlain = Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4;
  return isPlain ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
