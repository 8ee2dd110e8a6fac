import { Channel } from '../channel.ts';
import { byId } from '../dom.ts';
import { say } from '../status.ts';
import type { ModelService } from './worker.ts';

async function begin(): Promise<void> {
  const channel = new Channel<ModelService>(pageWorker);
  const packed = document.getElementById('model');
  if (!packed) {
    say('This page has no model in it. Make one that has: rnn export model.json model.html', true);
    return;
  }
  const { name } = await channel.ask('open', packed.textContent);
  byId('name').textContent = name;
  say('');
}

void begin();
