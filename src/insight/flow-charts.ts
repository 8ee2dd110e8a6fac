import type { Chart, Point, Series } from './chart.ts';
import type { FlowExamination, LayerExamination } from './examine.ts';

/** The norms of a layer, by lag. */
type Norms = Pick<LayerExamination, 'hidden' | 'cell'>;

const LAG = { label: 'lag n (steps back)', scale: 'linear', whole: true } as const;

/** A chart of ‖∂L_t/∂h_{t−n}‖ for each layer, and of ‖∂L_t/∂c_{t−n}‖ for each layer of an LSTM. */
export function flowChart({
  name,
  layers,
}: Pick<FlowExamination, 'name'> & { readonly layers: readonly Norms[] }): Chart {
  return {
    title: `Gradient of the loss, ${name}`,
    x: LAG,
    y: { label: 'mean ‖∂L(t)/∂s(t−n)‖', scale: 'log' },
    series: layers.flatMap(({ hidden, cell }, layer) => [
      curve(`h, layer ${layer + 1}`, hidden),
      ...(cell ? [curve(`c, layer ${layer + 1}`, cell)] : []),
    ]),
  };
}

/** A chart of the norms of the products of Jacobians, with their bound, and with the carousel of an LSTM. Undefined if they were not measured. */
export function jacobianChart({ name, layers }: FlowExamination): Chart | undefined {
  const series = layers.flatMap(({ jacobian, bound, carousel }, layer) => [
    ...(jacobian ? [curve(`‖∂h(t)/∂h(t−n)‖, layer ${layer + 1}`, jacobian.mean)] : []),
    ...(jacobian && bound ? [{ ...curve(`(γλ)ⁿ, layer ${layer + 1}`, bound), kind: 'rule' as const }] : []),
    ...(jacobian && carousel ? [curve(`carousel ‖∂c(t)/∂c(t−n)‖, layer ${layer + 1}`, carousel)] : []),
  ]);
  if (series.length === 0) return undefined;
  return { title: `Products of Jacobians, ${name}`, x: LAG, y: { label: 'spectral norm', scale: 'log' }, series };
}

/** A chart that compares one layer of several models. `layer` counts from 1; without it, the top layer of each model is shown. */
export function comparisonChart(models: readonly FlowExamination[], layer?: number): Chart {
  const which = layer === undefined ? 'top layer' : `layer ${layer}`;
  return {
    title: `Gradient of the loss, ${which}`,
    x: LAG,
    y: { label: 'mean ‖∂L(t)/∂h(t−n)‖', scale: 'log' },
    series: models.flatMap(({ name, layers }) => {
      const shown = layer === undefined ? layers.at(-1) : layers[layer - 1];
      return shown ? [curve(name, shown.hidden)] : [];
    }),
  };
}

function curve(name: string, values: readonly (number | null)[]): Series {
  return { name, points: values.flatMap((value, lag): Point[] => (value === null ? [] : [[lag, value]])) };
}
