import { attentionMap } from '../../insight/attention-map.ts';
import { inlineHeatMap } from '../../insight/heat-map.ts';
import type { Text } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { fixed, probabilityText } from '../figures.ts';
import { valuesOf } from '../form.ts';
import { Latest } from '../latest.ts';
import { nodesOf, symbolText } from '../shown.ts';
import type { TargetRow } from './pairs.ts';
import { colour } from './surprise.ts';
import { fillTable } from './tables.ts';
import type { ModelService, OpenedModel } from './worker.ts';

/** What is said of the targets of a task. */
const WORDS = {
  transduce: { title: 'The best targets', column: 'target' },
  tag: { title: 'The best labellings', column: 'labels' },
  classify: { title: 'The labels', column: 'label' },
} as const;

/** Labels of each symbol that are shown, and what the columns are called. */
const LABEL_COLUMNS = ['likeliest', 'second', 'third'];

/** The page of a model of pairs. Everything follows the source as it is typed. */
export class PairPage {
  readonly #channel: Channel<ModelService>;
  readonly #task: keyof typeof WORDS;
  readonly #hasAttention: boolean;
  readonly #latest = new Latest((isBusy) => byId('pairs').classList.toggle('following', isBusy));
  readonly #source = byId<HTMLInputElement>('source');
  readonly #form = byId<HTMLFormElement>('target-search');
  readonly #table = byId<HTMLTableElement>('targets');
  readonly #problem = byId('source-problem');
  readonly #target = byId<HTMLInputElement>('target');

  constructor(channel: Channel<ModelService>, { task, hasAttention }: OpenedModel & { task: keyof typeof WORDS }) {
    this.#channel = channel;
    this.#task = task;
    this.#hasAttention = hasAttention;
    byId('targets-title').textContent = WORDS[task].title;
    for (const each of document.querySelectorAll<HTMLElement>('.of-transducers')) each.hidden = task !== 'transduce';
    this.#source.addEventListener('input', () => this.#follow());
    this.#form.addEventListener('input', () => this.#follow());
    this.#target.addEventListener('input', () => this.#follow());
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    byId('pairs').hidden = false;
    this.#source.focus();
  }

  #follow(): void {
    this.#latest.run(() =>
      this.#attempt(async () => {
        const source = this.#source.value;
        if (source !== '') await this.#show(source);
        this.#reveal(source !== '');
      }),
    );
  }

  /** Where it fails, the page says why, and shows nothing that may be of another source. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
      this.#problem.textContent = '';
    } catch (error) {
      this.#problem.textContent = (error as Error).message;
      this.#reveal(false);
    }
  }

  #reveal(isThere: boolean): void {
    byId('targets-section').hidden = !isThere;
    byId('target-section').hidden = !isThere;
    byId('labels-section').hidden = !isThere || this.#task !== 'tag';
    byId('attention-section').hidden = !isThere || !this.#hasAttention;
  }

  async #show(source: string): Promise<void> {
    const values = valuesOf(this.#form);
    if (!values) return;
    const [k, length, lengthPenalty] = [values.number('k'), values.number('length'), values.number('lengthPenalty')];
    const rows = await this.#channel.ask('targets', { source, k, length, lengthPenalty });
    this.#fillTargets(source, rows);
    if (this.#task === 'tag') await this.#showLabels(source);
    const target = this.#target.value;
    const isRead = await this.#scoreTarget(source, target);
    if (!this.#hasAttention) return;
    if (isRead) await this.#attend(source, target);
    else if (rows[0]) await this.#attend(source, rows[0].text, 0);
  }

  /** Shows how likely the visitor's own target is. Returns whether there is one that the model can read. */
  async #scoreTarget(source: string, target: string): Promise<boolean> {
    const problem = byId('target-problem');
    problem.textContent = '';
    byId('scored-target').hidden = true;
    if (target === '') return false;
    try {
      const score = await this.#channel.ask('scoreTarget', { source, target });
      await colour(byId('target-symbols'), byId('target-score'), score);
      byId('scored-target').hidden = false;
      return true;
    } catch (error) {
      problem.textContent = (error as Error).message;
      return false;
    }
  }

  #fillTargets(source: string, rows: readonly TargetRow[]): void {
    const isSearched = this.#task === 'transduce';
    const cells = rows.map((row, index) => [
      this.#hasAttention ? this.#choice(source, row, index) : element('bdi', {}, ...nodesOf(row.parts)),
      ...(isSearched ? [fixed(row.score)] : []),
      fixed(row.logProbability),
      probabilityText(Math.exp(row.logProbability)),
    ]);
    const scores = isSearched ? ['score'] : [];
    fillTable(this.#table, [WORDS[this.#task].column, ...scores, 'log p', 'probability'], cells, 1);
  }

  /** A target that shows what the model attends to. */
  #choice(source: string, { text, parts, finished }: TargetRow, row: number): HTMLButtonElement {
    const title = 'Show what the model attends to';
    const end = finished ? '' : '…';
    const button = element('button', { type: 'button', dir: 'auto', title }, ...nodesOf(parts), end);
    button.addEventListener('click', () =>
      this.#latest.run(() => this.#attempt(() => this.#attend(source, text, row))),
    );
    return button;
  }

  /** @param row of the table, where the target is one of the best */
  async #attend(source: string, target: Text, row?: number): Promise<void> {
    const map = attentionMap(await this.#channel.ask('attention', { source, target }));
    byId('attention').innerHTML = inlineHeatMap(map);
    for (const [index, button] of this.#table.querySelectorAll('button').entries())
      button.setAttribute('aria-pressed', String(index === row));
  }

  async #showLabels(source: string): Promise<void> {
    const symbols = await this.#channel.ask('labels', { source, count: LABEL_COLUMNS.length });
    const cells = symbols.map(({ symbol, labels }) => [
      element('bdi', {}, symbolText(symbol)),
      ...labels.map(({ label, probability }) => `${label} ${probabilityText(probability)}`),
    ]);
    fillTable(byId<HTMLTableElement>('labels'), ['symbol', ...LABEL_COLUMNS], cells, LABEL_COLUMNS.length + 1);
  }
}
