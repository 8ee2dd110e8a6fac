import type { Text } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { fixed, probabilityText } from '../figures.ts';
import { valuesOf } from '../form.ts';
import { nodesOf } from '../shown.ts';
import { fillTable } from './tables.ts';
import type { FoundRow } from './texts.ts';
import type { ModelService } from './worker.ts';

/** The completions that beam search finds. Each is a button that makes it the visitor's text. */
export class Completions {
  readonly #channel: Channel<ModelService>;
  readonly #take: (text: Text) => void;
  readonly #form = byId<HTMLFormElement>('beam');
  readonly #table = byId<HTMLTableElement>('found');

  constructor(channel: Channel<ModelService>, take: (text: Text) => void, onChange: () => void) {
    this.#channel = channel;
    this.#take = take;
    this.#form.addEventListener('input', onChange);
    this.#form.addEventListener('submit', (event) => event.preventDefault());
  }

  presetLines(): void {
    (this.#form.elements.namedItem('length') as HTMLInputElement).value = '100';
  }

  async show(prefix: Text): Promise<void> {
    const values = valuesOf(this.#form);
    if (!values) {
      this.#form.reportValidity();
      return;
    }
    const [k, length, lengthPenalty] = [values.number('k'), values.number('length'), values.number('lengthPenalty')];
    try {
      const rows = await this.#channel.ask('beam', { prefix, k, length, lengthPenalty });
      const cells = rows.map((row) => [
        this.#button(row),
        fixed(row.score),
        fixed(row.logProbability),
        probabilityText(Math.exp(row.logProbability)),
      ]);
      fillTable(this.#table, ['completion', 'score', 'log p', 'probability'], cells, 1);
    } catch (error) {
      this.#table.replaceChildren();
      throw error;
    }
  }

  #button({ text, parts, end, finished }: FoundRow): HTMLButtonElement {
    const button = element(
      'button',
      { type: 'button', dir: 'auto', title: 'Put it into your text' },
      ...nodesOf(parts),
      element('span', { className: 'end' }, finished ? end : '…'),
    );
    button.addEventListener('click', () => this.#take(text));
    return button;
  }
}
