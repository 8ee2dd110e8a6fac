import type { Point } from '../../insight/chart.ts';
import { inlineSvg } from '../../insight/svg.ts';
import { byId } from '../dom.ts';
import { answersChart } from './charts.ts';
import { percent } from './numbers.ts';
import type { View } from './protocol.ts';

/** How many answers of a task are right. */
export class AnswersView {
  #right: Point[] = [];

  restart(): void {
    this.#right = [];
    byId('answers-section').hidden = true;
  }

  show({ step, answers }: View): void {
    byId('answers-section').hidden = answers === undefined;
    if (!answers) return;
    if (this.#right.at(-1)?.[0] !== step) this.#right.push([step, answers.accuracy]);
    const { accuracy, symbols } = answers;
    byId('answers').textContent =
      `${percent(accuracy)} of the ${symbols} answers in new lines, which the network has not seen, are right.`;
    byId('answers-chart').innerHTML = inlineSvg(answersChart(this.#right));
  }
}
