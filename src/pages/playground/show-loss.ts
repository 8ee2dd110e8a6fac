import { grouped } from '../../counts.ts';
import type { Point } from '../../insight/chart.ts';
import { inlineSvg } from '../../insight/svg.ts';
import { byId } from '../dom.ts';
import { lossChart } from './charts.ts';
import { decimals } from './numbers.ts';
import type { Begun, HistoryPoint, Progress } from './protocol.ts';

/** The most points of the curve of the training loss. Where there are more, neighbours become one. */
const MOST_POINTS = 400;

/** How often the curve is drawn, in milliseconds. */
const DRAWN_MS = 250;

/** The numbers of a run, and its learning curve. */
export class LossView {
  #training: Point[] = [];
  #validation: Point[] = [];
  #symbols = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A run begins, or goes on with the curve that it had. */
  begin({ symbols, parameters, step }: Pick<Begun, 'symbols' | 'parameters' | 'step'>): void {
    this.#symbols = symbols;
    byId('n-parameters').textContent = grouped(parameters);
    byId('n-step').textContent = grouped(step);
    this.#draw();
  }

  /** Takes the curves of what was before away, and shows those of a history. */
  restart(history: readonly HistoryPoint[] = []): void {
    this.#training = history.map(({ step, loss }): Point => [step, loss]);
    this.#validation = history.flatMap(({ step, validation }): Point[] =>
      validation === undefined ? [] : [[step, validation]],
    );
    for (const id of ['n-loss', 'n-validation', 'n-speed']) byId(id).textContent = '–';
    this.#showValidation();
  }

  add({ step, loss, perSecond }: Progress): void {
    this.#training.push([step, loss]);
    if (this.#training.length > MOST_POINTS) this.#training = halved(this.#training);
    byId('n-step').textContent = grouped(step);
    byId('n-loss').textContent = decimals(loss, 3);
    byId('n-speed').textContent = grouped(perSecond);
    this.#drawSoon();
  }

  report({ step, validation }: HistoryPoint): void {
    if (validation === undefined) return;
    this.#validation.push([step, validation]);
    this.#showValidation();
    this.#drawSoon();
  }

  #showValidation(): void {
    const last = this.#validation.at(-1);
    if (last) byId('n-validation').textContent = decimals(last[1], 3);
  }

  #drawSoon(): void {
    this.#timer ??= setTimeout(() => this.#draw(), DRAWN_MS);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    byId('loss').innerHTML = inlineSvg(lossChart(this.#training, this.#validation, this.#symbols));
  }
}

/** Half as many points: each is the mean of two neighbours, at the place of the second. */
function halved(points: readonly Point[]): Point[] {
  return points.flatMap(([x, y], at): Point[] => (at % 2 === 0 ? [] : [[x, (points[at - 1]![1] + y) / 2]]));
}
