import { Channel } from '../channel.ts';
import { byId } from '../dom.ts';
import { say } from '../status.ts';
import { Bench } from './bench.ts';
import { Form } from './form.ts';
import { DEFAULTS, LESSONS } from './lessons.ts';
import { showOneUnit } from './one-unit.ts';
import type { ReadRequest } from './protocol.ts';
import type { PlaygroundService } from './worker.ts';

const channel = new Channel<PlaygroundService>(pageWorker);

/** The reading of the newest text. What needs the text waits for it. */
let reading: Promise<boolean> = Promise.resolve(false);

const form = new Form({
  onText: (request) => {
    showLesson(undefined);
    reading = reading.then(() => read(request));
    bench.settingsChanged();
  },
  onChoice: () => bench.settingsChanged(),
  onPace: () => void bench.setRate(form.rate),
});
const bench = new Bench(channel, form, () => {
  form.tellTyped();
  return reading;
});

/** Reads a text, and shows what it is. Resolves with whether it can be trained on. */
async function read(request: ReadRequest): Promise<boolean> {
  try {
    form.showFacts(await channel.ask('read', request));
    return true;
  } catch (error) {
    form.showProblem((error as Error).message);
    return false;
  }
}

/** Begins an example at once. */
async function begin(name: string): Promise<void> {
  const { source, choices, settings } = LESSONS[name]!;
  if (!(await bench.mayGo())) return;
  form.setSource(source);
  form.set(choices);
  form.tellText();
  await bench.watch(settings);
  showLesson(name);
  await bench.trainAnew();
}

/** Marks an example, and says what there is to see; or none, where the text is another. */
function showLesson(name: string | undefined): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-lesson]'))
    button.ariaPressed = String(button.dataset.lesson === name);
  byId('lesson').textContent = name === undefined ? '' : LESSONS[name]!.words;
}

for (const button of document.querySelectorAll<HTMLElement>('[data-lesson]'))
  button.addEventListener('click', () => void begin(button.dataset.lesson!));
form.setSource({ own: 'terms' });
form.set(DEFAULTS);
form.tellText();
showOneUnit();
void bench.showUntrained().then(() => say(''));
