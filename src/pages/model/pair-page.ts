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
import { fillTable } from './tables.ts';
import type { ModelService, OpenedModel } from './worker.ts';

/** Labels of each symbol that are shown. */
const LABELS = 3;

/** The page of a model of pairs. Everything follows the source as it is typed. */
export function startPairPage(channel: Channel<ModelService>, { task, hasAttention }: OpenedModel): void {
  const latest = new Latest((isBusy) => byId('pairs').classList.toggle('following', isBusy));
  const source = byId<HTMLInputElement>('source');
  const form = byId<HTMLFormElement>('target-search');
  const table = byId<HTMLTableElement>('targets');
  const problem = byId('source-problem');

  const attend = (target: Text): void =>
    latest.run(async () => {
      const map = attentionMap(await channel.ask('attention', { source: source.value, target }));
      byId('attention').innerHTML = inlineHeatMap(map);
    });

  async function show(): Promise<void> {
    const values = valuesOf(form);
    if (!values) return;
    const [k, length, lengthPenalty] = [values.number('k'), values.number('length'), values.number('lengthPenalty')];
    const rows = await channel.ask('targets', { source: source.value, k, length, lengthPenalty });
    const choose = (row: number): void => {
      for (const [index, button] of table.querySelectorAll('button').entries()) {
        button.ariaPressed = String(index === row);
      }
      attend(rows[row]!.text);
    };
    const cells = rows.map((row, index) => [
      hasAttention ? choice(row, () => choose(index)) : element('bdi', {}, ...nodesOf(row.parts)),
      ...(task === 'transduce' ? [fixed(row.score)] : []),
      fixed(row.logProbability),
      probabilityText(Math.exp(row.logProbability)),
    ]);
    const scores = task === 'transduce' ? ['score'] : [];
    fillTable(
      table,
      [{ transduce: 'target', tag: 'labels', classify: 'label', text: '' }[task], ...scores, 'log p', 'probability'],
      cells,
      1,
    );
    if (hasAttention && rows.length > 0) choose(0);
    if (task === 'tag') await showLabels();
  }

  async function showLabels(): Promise<void> {
    const symbols = await channel.ask('labels', { source: source.value, count: LABELS });
    const cells = symbols.map(({ symbol, labels }) => [
      element('bdi', {}, symbolText(symbol)),
      ...labels.map(({ label, probability }) => `${label} ${probabilityText(probability)}`),
    ]);
    fillTable(byId<HTMLTableElement>('labels'), ['symbol', 'likeliest label', 'second', 'third'], cells, 4);
  }

  const reveal = (isThere: boolean): void => {
    byId('targets-section').hidden = !isThere;
    byId('labels-section').hidden = !isThere || task !== 'tag';
    byId('attention-section').hidden = !isThere || !hasAttention;
  };

  const follow = (): void =>
    latest.run(async () => {
      try {
        if (source.value !== '') await show();
        problem.textContent = '';
        reveal(source.value !== '');
      } catch (error) {
        problem.textContent = (error as Error).message;
        reveal(false);
      }
    });

  for (const each of document.querySelectorAll<HTMLElement>('.of-transducers')) each.hidden = task !== 'transduce';
  if (task !== 'transduce') byId('targets-title').textContent = task === 'tag' ? 'The best labellings' : 'The labels';
  source.addEventListener('input', follow);
  form.addEventListener('input', follow);
  form.addEventListener('submit', (event) => event.preventDefault());
  byId('pairs').hidden = false;
  source.focus();
}

function choice({ parts, finished }: TargetRow, choose: () => void): HTMLButtonElement {
  const button = element(
    'button',
    { type: 'button', dir: 'auto', title: 'Show what the model attends to' },
    ...nodesOf(parts),
    finished ? '' : '…',
  );
  button.addEventListener('click', choose);
  return button;
}
