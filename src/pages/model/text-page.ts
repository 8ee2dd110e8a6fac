import type { Text } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId } from '../dom.ts';
import { Latest } from '../latest.ts';
import { Completions } from './completions.ts';
import { NextBars } from './next-bars.ts';
import { showSurprise } from './surprise.ts';
import { TextBox } from './text-box.ts';
import type { ModelService, OpenedModel } from './worker.ts';
import { Writing } from './writing.ts';

/** The page of a model of texts. The bars, the completions and the surprise follow the text as it is typed; the model writes when it is asked to. */
export async function startTextPage(channel: Channel<ModelService>, { layout }: OpenedModel): Promise<void> {
  const latest = new Latest((isBusy) => byId('texts').classList.toggle('following', isBusy));
  const follow = (): void => latest.run(showAll);
  const box = new TextBox(layout === 'lines', follow);
  const take = (text: Text): void => {
    box.prefix = text;
    follow();
  };
  const append = (addition: Text): void => {
    box.append(addition);
    follow();
  };
  const bars = new NextBars(channel, append, follow);
  const completions = new Completions(channel, take, follow);
  const writing = new Writing(channel, box, follow);
  if (layout === 'lines')
    byId('text-note').textContent = 'Each line is a text by itself: the model goes on from the last one.';
  if (layout !== 'stream') {
    writing.presetLines();
    completions.presetLines();
  }

  async function showAll(): Promise<void> {
    const { text, prefix } = box;
    if (text === undefined || prefix === undefined) return;
    const shown = [bars.show(prefix), showSurprise(channel, text), completions.show(prefix)];
    const failed = (await Promise.allSettled(shown)).find(({ status }) => status === 'rejected');
    box.say(failed?.status === 'rejected' ? (failed.reason as Error).message : '');
  }

  byId('texts').hidden = false;
  await writing.write();
  follow();
}
