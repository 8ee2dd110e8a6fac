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
  const box = new TextBox(follow);
  const take = (text: Text): void => {
    box.text = text;
    follow();
  };
  const append = (addition: Text): void => {
    box.append(addition);
    follow();
  };
  const bars = new NextBars(channel, append, follow);
  const completions = new Completions(channel, take, follow);
  const writing = new Writing(channel, box, follow);
  if (layout !== 'stream') {
    writing.presetLines();
    completions.presetLines();
  }

  async function showAll(): Promise<void> {
    const text = box.text;
    if (text === undefined) return;
    try {
      await bars.show(text);
      box.say('');
      await completions.show(text);
      await showSurprise(channel, text);
    } catch (error) {
      box.say((error as Error).message);
    }
  }

  byId('texts').hidden = false;
  await writing.write();
  follow();
}
