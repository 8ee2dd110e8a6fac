import type { GradientFlow } from '../../browser/index.ts';
import { inlineSvg } from '../../insight/svg.ts';
import { byId } from '../dom.ts';
import { flowComparison } from './charts.ts';
import { percent } from './numbers.ts';
import type { View } from './protocol.ts';

/** The gradient flow of the network, now and before training. */
export class FlowView {
  #before: GradientFlow | undefined;

  restart(): void {
    this.#before = undefined;
    byId('flow').replaceChildren();
    byId('flow-words').textContent = '';
  }

  show({ step, flow }: View): void {
    if (!flow) return;
    byId('flow').innerHTML = inlineSvg(flowComparison(flow, this.#before));
    byId('flow-words').textContent = flowWords(flow, this.#before);
    if (step === 0) this.#before = flow;
  }
}

/** The lag of which the words below the chart speak, or the greatest one that is less. */
const LAG = 10;

/** How much of the gradient is left some steps back, in the top layer. */
function flowWords(now: GradientFlow, before: GradientFlow | undefined): string {
  const lag = Math.min(
    LAG,
    now.counts.findLastIndex((count) => count > 0),
  );
  const left = ({ layers }: GradientFlow): string => {
    const { hidden } = layers.at(-1)!;
    return percent(hidden[lag]! / hidden[0]!);
  };
  const then = before ? ` Before training, it had ${left(before)}.` : '';
  return `${lag} steps back, the gradient of the top layer has ${left(now)} of its norm at the present step.${then}`;
}
