import type { Chart, Point, Series } from './chart.ts';
import { normCell, shownLags } from './flow-tables.ts';
import type { PairFlow, RecurrenceFlow } from './pair-flow.ts';
import type { Table } from './table.ts';

/** A curve by lag or by place, with its name. */
interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** What is drawn of one model: the gradient of the loss at every recurrence by lag, and at the encoder by place. */
export function pairFlowCharts(flow: PairFlow): Chart[] {
  const { name, recurrences } = flow;
  return [lagChart(name, recurrences.map(byLag)), ...placeCharts(name, placed(recurrences).map(byPlace))];
}

export function pairFlowTables({ recurrences }: PairFlow): Table[] {
  return [lagTable(recurrences.map(byLag)), ...placeTables(placed(recurrences).map(byPlace))];
}

/** Several models side by side: the top layer of each encoder, or the layer with this number. */
export function comparedPairCharts(flows: readonly PairFlow[], layer?: number): Chart[] {
  const names = flows.map(({ name }) => name).join(', ');
  return [lagChart(names, compared(flows, layer, byLag)), ...placeCharts(names, compared(flows, layer, byPlace))];
}

export function comparedPairTables(flows: readonly PairFlow[], layer?: number): Table[] {
  return [lagTable(compared(flows, layer, byLag)), ...placeTables(compared(flows, layer, byPlace))];
}

function compared(flows: readonly PairFlow[], layer: number | undefined, of: (flow: RecurrenceFlow) => Curve): Curve[] {
  return flows.flatMap(({ name, recurrences }) => {
    const encoder = recurrences.filter(({ part }) => part === 'encoder');
    const wanted = layer ?? encoder.at(-1)!.layer;
    const own = encoder.filter((recurrence) => recurrence.layer === wanted);
    const curves = own.map((recurrence) => ({ recurrence, values: of(recurrence).values }));
    return curves
      .filter(({ values }) => values.length > 0)
      .map(({ recurrence, values }) => ({ name: own.length > 1 ? `${name} ${arrowOf(recurrence)}` : name, values }));
  });
}

function placed(recurrences: readonly RecurrenceFlow[]): RecurrenceFlow[] {
  return recurrences.filter((recurrence) => recurrence.byPlace !== undefined);
}

function byLag(recurrence: RecurrenceFlow): Curve {
  return { name: nameOf(recurrence), values: recurrence.byLag };
}

function byPlace(recurrence: RecurrenceFlow): Curve {
  return { name: nameOf(recurrence), values: recurrence.byPlace ?? [] };
}

function nameOf(recurrence: RecurrenceFlow): string {
  const { part, layer } = recurrence;
  return part === 'decoder' ? `decoder ${layer}` : `encoder ${layer} ${arrowOf(recurrence)}`;
}

function arrowOf({ direction }: RecurrenceFlow): string {
  return direction === 'forwards' ? '→' : '←';
}

function lagChart(name: string, curves: readonly Curve[]): Chart {
  return {
    title: `Gradient of the loss by lag, ${name}`,
    x: { label: 'lag (steps back from the loss)', scale: 'linear' },
    y: { label: 'mean ‖∂L(t)/∂h‖', scale: 'log' },
    series: curves.map((curve) => seriesOf(curve, 0)),
  };
}

function placeCharts(name: string, curves: readonly Curve[]): Chart[] {
  if (curves.length === 0) return [];
  return [
    {
      title: `Gradient of the loss by place in the source, ${name}`,
      x: { label: 'place of the symbol in the source', scale: 'linear' },
      y: { label: 'mean ‖∂L(t)/∂h‖', scale: 'log' },
      series: curves.map((curve) => seriesOf(curve, 1)),
    },
  ];
}

function seriesOf({ name, values }: Curve, first: number): Series {
  return { name, points: values.flatMap((value, at): Point[] => (value === null ? [] : [[at + first, value]])) };
}

function lagTable(curves: readonly Curve[]): Table {
  return tableOf('Gradient of the loss, mean ‖∂L(t)/∂h‖ by lag', 'lag', curves, 0);
}

function placeTables(curves: readonly Curve[]): Table[] {
  return curves.length === 0 ? [] : [tableOf('The same by place in the source', 'place', curves, 1)];
}

function tableOf(title: string, index: string, curves: readonly Curve[], first: number): Table {
  const most = Math.max(0, ...curves.map(({ values }) => values.length));
  const isMeasured = (at: number) => curves.some(({ values }) => (values[at] ?? null) !== null);
  return {
    title,
    header: [index, ...curves.map(({ name }) => name)],
    rows: shownLags(isMeasured, most).map((at) => [
      String(at + first),
      ...curves.map(({ values }) => normCell(values[at])),
    ]),
  };
}
