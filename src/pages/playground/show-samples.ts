import { grouped } from '../../counts.ts';
import { beginningOf } from '../../errors.ts';
import { byId, element } from '../dom.ts';
import { percent } from './numbers.ts';
import type { View } from './protocol.ts';

/** How many samples stay, and by how much the steps of those that stay differ: the first ones change most. */
const KEPT = { count: 6, ratio: 1.5 };

/** The characters of an earlier sample. */
const SHORT = 120;

/** What the network writes: completions of the prefix, and samples as they improve. */
export class SampleView {
  #kept: Pick<View, 'step' | 'samples'>[] = [];

  restart(): void {
    this.#kept = [];
    byId('samples').replaceChildren();
    byId('completion-rows').replaceChildren();
    byId('completions').hidden = true;
  }

  show(view: View): void {
    this.#showCompletions(view);
    const [newest, ...older] = this.#kept;
    const replaces = newest && (view.step === newest.step || newest.step < KEPT.ratio * (older[0]?.step ?? -1));
    this.#kept = [view, ...(replaces ? older : this.#kept)].slice(0, KEPT.count);
    byId('samples').replaceChildren(
      ...this.#kept.flatMap(({ step, samples }, at) => [
        element('p', { className: 'step' }, step === 0 ? 'before training' : `step ${grouped(step)}`),
        at === 0
          ? element('pre', { className: 'text', dir: 'auto' }, samples.join('\n'))
          : element('p', { className: 'earlier', dir: 'auto' }, shortened(samples)),
      ]),
    );
  }

  #showCompletions({ completions }: View): void {
    byId('completions').hidden = completions.length === 0;
    byId('completion-rows').replaceChildren(
      ...completions.map(({ text, finished, logProbability }) => {
        const probability = Math.exp(logProbability);
        return element(
          'tr',
          {},
          element('td', {}, text, finished ? element('span', { className: 'end' }, '<stop>') : '…'),
          element('td', { className: 'number' }, percent(probability)),
          element('td', {}, element('meter', { value: probability, ariaHidden: 'true' })),
        );
      }),
    );
  }
}

/** The beginning of earlier samples, on one line or two. */
function shortened(samples: readonly string[]): string {
  const text = samples.join(' · ').replaceAll('\n', ' ↵ ');
  return beginningOf(text, SHORT);
}
