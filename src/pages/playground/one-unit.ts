import { iteratedUnit, type SquashingName } from '../../insight/iterated-unit.ts';
import { fixedPoints, gradient, orbit } from '../../insight/scalar-map.ts';
import { scalarMapCharts } from '../../insight/small-system-charts.ts';
import { inlineSvg } from '../../insight/svg.ts';
import { byId, element } from '../dom.ts';
import { Latest } from '../latest.ts';
import { nextFrame } from '../next-frame.ts';
import { decimals } from './numbers.ts';

const FIELDS = ['activation', 'weight', 'bias', 'start', 'steps'] as const;

/** Shows h ← σ(w·h + b), and draws it again whenever a number of it changes. */
export function showOneUnit(): void {
  const newest = new Latest();
  for (const field of FIELDS) byId(`one-${field}`).addEventListener('input', () => newest.run(draw));
  newest.run(draw);
}

/** Draws one chart after another, each in a task of its own, so that the page is never held up for long. */
async function draw(): Promise<void> {
  const activation = byId<HTMLSelectElement>('one-activation').value as SquashingName;
  const [weight, bias, start, steps] = (['weight', 'bias', 'start', 'steps'] as const).map((field) => {
    const value = Number(byId<HTMLInputElement>(`one-${field}`).value);
    byId(`one-${field}-value`).textContent = String(value).replace('-', '−');
    return value;
  }) as [number, number, number, number];
  byId<HTMLInputElement>('one-start').min = activation === 'tanh' ? '-1' : '0';
  const unit = iteratedUnit(weight, bias, activation);
  byId('formula').textContent = unit.formula;
  const charts = scalarMapCharts(unit, steps, [start]);
  const figures = byId('one-charts');
  while (figures.children.length < charts.length) figures.append(element('figure'));
  for (const [at, chart] of charts.entries()) {
    await nextFrame();
    figures.children[at]!.innerHTML = inlineSvg(chart);
  }
  const points = fixedPoints(unit).map(
    ({ at, kind }) => `${decimals(at, 3)} (${kind === 'neutral' ? 'neither' : kind})`,
  );
  byId('one-words').textContent =
    `Fixed points: ${points.join(', ')}. From h₁ = ${decimals(start)}, the state after ${steps - 1} steps is ${decimals(orbit(unit, start, steps).at(-1)!, 3)}, and the gradient of it by h₁ is ${gradient(unit, start, steps).toExponential(1).replace(/-/g, '−')}.`;
}
