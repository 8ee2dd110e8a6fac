import { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { download } from '../download.ts';
import { say } from '../status.ts';
import { PairPage } from './pair-page.ts';
import { startTextPage } from './text-page.ts';
import type { ModelService, OpenedModel } from './worker.ts';

async function begin(): Promise<void> {
  const channel = new Channel<ModelService>(pageWorker);
  const packed = document.getElementById('model');
  if (!packed) {
    say('This page has no model in it. Make one that has: rnn export model.json model.html', true);
    return;
  }
  try {
    const opened = await channel.ask('open', packed.textContent);
    showHeader(channel, opened);
    const { task } = opened;
    if (task === 'text') await startTextPage(channel, opened);
    else new PairPage(channel, { ...opened, task });
    say(opened.remark ?? '');
  } catch (error) {
    say((error as Error).message, true);
  }
}

/** What a model does, in a sentence. */
const DOES: Readonly<Record<OpenedModel['task'], string>> = {
  text: 'It writes symbol after symbol, and goes on from any text.',
  transduce: 'It gives a target for a source.',
  tag: 'It gives a label for each symbol of a source.',
  classify: 'It gives a label for a source.',
};

function showHeader(channel: Channel<ModelService>, { name, facts, task, isHalf }: OpenedModel): void {
  document.title = name;
  byId('name').textContent = name;
  const model = facts.find(([key]) => key === 'model')?.[1];
  const precision = isHalf ? ' (stored as float16)' : '';
  byId('about').textContent = `${DOES[task]}${model ? ` ${model}${precision}.` : ''}`;
  byId('facts').replaceChildren(
    ...facts.map(([key, value]) => element('tr', {}, element('th', { scope: 'row' }, key), element('td', {}, value))),
  );
  byId('details').hidden = facts.length === 0;
  byId('save').addEventListener('click', async () => {
    const checkpoint = await channel.ask('checkpoint', undefined);
    download(`${name}.json`, new Blob([checkpoint], { type: 'application/json' }));
  });
}

void begin();
