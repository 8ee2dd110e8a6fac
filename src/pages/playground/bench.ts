import { counted } from '../../counts.ts';
import type { Channel } from '../channel.ts';
import { byId } from '../dom.ts';
import { download } from '../download.ts';
import { Latest } from '../latest.ts';
import type { Form } from './form.ts';
import type { Begun, Opened, Settings, Stopped } from './protocol.ts';
import { Views } from './views.ts';
import { networkWords, openedWords, readyWords, staleWords, stoppedWords } from './words.ts';
import type { PlaygroundService } from './worker.ts';

/**
 * `none`: no network yet. `opened`: a model that no run has begun with. `ready`: a run that stands still. `over`: a run at its end. `failed`: a run
 * that can't go on.
 */
type Phase = 'none' | 'opened' | 'ready' | 'running' | 'over' | 'failed';

/** Training for longer than this, in milliseconds, is not thrown away without a question. */
const WORTH_ASKING_MS = 60_000;

/** The run under its buttons: trains, pauses, saves and opens, and says what happens. */
export class Bench {
  readonly #channel: Channel<PlaygroundService>;
  readonly #form: Form;
  /** Resolves when the newest text has been read, with whether it can be trained on. */
  readonly #textIsRead: () => Promise<boolean>;
  readonly #views = new Views();
  #phase: Phase = 'none';
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  /** How long the network has trained since it was saved. */
  #unsavedMs = 0;
  /** Steps that the network has taken, and whether the form has changed since it was made. */
  #steps = 0;
  #isStale = false;
  /** Looks that a visitor asks for by typing or by moving a slider: only the newest counts. */
  readonly #looks = new Latest();
  /** The network, in words. */
  #what = '';

  constructor(channel: Channel<PlaygroundService>, form: Form, textIsRead: () => Promise<boolean>) {
    this.#channel = channel;
    this.#form = form;
    this.#textIsRead = textIsRead;
    byId('train').addEventListener('click', () => void this.#inTurn(() => this.#train()));
    byId('step').addEventListener('click', () => void this.#inTurn(() => this.#step()));
    byId('restart').addEventListener('click', () => void this.#inTurn(() => this.#startOver()));
    byId('save').addEventListener('click', () => void this.#inTurn(() => this.#save()));
    byId('open').addEventListener('change', () => void this.#inTurn(() => this.#openChosen()));
    for (const id of ['prefix', 'temperature', 'reading', 'pace'])
      byId(id).addEventListener('input', () => void this.#inTurn(() => this.#watch()));
    addEventListener('beforeunload', (event) => {
      if (this.#phase === 'running' || this.#unsavedMs > WORTH_ASKING_MS) event.preventDefault();
    });
    this.#showPhase('none');
  }

  /** Shows what is watched, as an example has it. */
  async watch({ prefix, pace }: Pick<Settings, 'prefix' | 'pace'>): Promise<void> {
    byId<HTMLInputElement>('prefix').value = prefix;
    byId<HTMLInputElement>('reading').value = '';
    byId<HTMLSelectElement>('pace').value = String(pace);
    await this.#channel.ask('watch', this.#settings);
  }

  /** Makes room for another network. Resolves with whether the present one may go; it stands still then. */
  async mayGo(): Promise<boolean> {
    return (await this.#inTurn(() => this.#mayGo())) ?? false;
  }

  /** Makes a new network, and shows it as it is before training. */
  async showUntrained(): Promise<void> {
    await this.#inTurn(() => this.#begin('begin'));
  }

  /** Makes a new network, and trains it. */
  async trainAnew(): Promise<void> {
    byId('bench').scrollIntoView({ block: 'nearest' });
    await this.#inTurn(async () => {
      if (await this.#begin('begin')) await this.#train();
    });
  }

  /** A visitor is asked where the network has trained for long and is not saved. */
  async #mayGo(): Promise<boolean> {
    if (this.#unsavedMs > WORTH_ASKING_MS) {
      const minutes = counted(Math.round(this.#unsavedMs / 60_000), 'minute');
      if (!confirm(`The network has trained for ${minutes} and is not saved. Throw it away?`)) return false;
    }
    await this.#pause();
    return true;
  }

  /** Lets the run go on; pauses it where it does. */
  async #train(): Promise<void> {
    if (this.#phase === 'running') await this.#pause();
    else if (await this.#isReady()) this.#running = this.#run();
  }

  async #run(): Promise<void> {
    this.#showPhase('running');
    this.#tell(this.#isStale ? staleWords(true) : `${this.#what} is training.`);
    const start = performance.now();
    try {
      const stopped = await this.#channel.ask('run', undefined, { onPiece: (news) => this.#views.hear(news) });
      this.#unsavedMs += performance.now() - start;
      this.#stop(stopped);
    } catch (error) {
      this.#showPhase('failed');
      this.#tell((error as Error).message, true);
    }
    void this.#inTurn(() => this.#look());
  }

  async #startOver(): Promise<void> {
    if (await this.#mayGo()) await this.#begin('begin');
  }

  /** The text or the network was changed in the form. A network that has learned nothing yet is replaced when it is to train. */
  settingsChanged(): void {
    this.#isStale = true;
    const isRunning = this.#phase === 'running';
    if ((this.#steps > 0 || isRunning) && this.#phase !== 'opened') this.#tell(staleWords(isRunning));
  }

  /** Changes the learning rate of the run, from its next step on. */
  async setRate(rate: number | undefined): Promise<void> {
    if (rate !== undefined) await this.#inTurn(() => this.#channel.ask('setRate', rate));
  }

  /** Makes a run where there is none, or a longer one where it is over. Resolves with whether there is one that can go on. */
  async #isReady(): Promise<boolean> {
    const isUnused = this.#isStale && this.#steps === 0 && this.#phase !== 'opened';
    if (this.#phase === 'none' || this.#phase === 'failed' || isUnused) return await this.#begin('begin');
    if (this.#phase === 'opened') return await this.#begin('tune');
    return this.#phase === 'ready' || (this.#phase === 'over' && (await this.#extend()));
  }

  /** Makes a run. Resolves with whether it did: where it did not, the page says what is wrong. */
  async #begin(how: 'begin' | 'tune'): Promise<boolean> {
    const { choices } = this.#form;
    if (!choices) return false;
    if (!(await this.#textIsRead())) {
      this.#tell('The text can’t be used: what is wrong stands below it.', true);
      return false;
    }
    const begun = await this.#channel.ask(how, choices);
    this.#clear();
    this.#show(begun);
    this.#showPhase('ready');
    this.#tell(readyWords(begun), false, begun.notes);
    await this.#look();
    return true;
  }

  async #extend(): Promise<boolean> {
    const { steps } = this.#form.choices ?? {};
    if (steps === undefined) return false;
    this.#show(await this.#channel.ask('extend', steps));
    this.#showPhase('ready');
    return true;
  }

  async #step(): Promise<void> {
    if (!(await this.#isReady())) return;
    const { news, stopped } = await this.#channel.ask('step', undefined);
    for (const each of news) this.#views.hear(each);
    this.#stop(stopped);
    await this.#look();
  }

  /** Resolves when the run stands still. */
  async #pause(): Promise<void> {
    if (this.#phase !== 'running') return;
    await this.#channel.ask('pause', undefined);
    await this.#running;
  }

  async #save(): Promise<void> {
    const { name, file } = await this.#channel.ask('save', undefined);
    download(name, file);
    this.#unsavedMs = 0;
    this.#tell(`${name} is saved. On the command line: rnn sample -c ${name}`);
  }

  async #openChosen(): Promise<void> {
    const field = byId<HTMLInputElement>('open');
    const [file] = field.files ?? [];
    field.value = '';
    if (!file) return;
    await this.#pause();
    const opened = await this.#channel.ask('open', { file, name: file.name });
    this.#form.set(opened.choices);
    if (opened.text) this.#form.showFacts(opened.text);
    this.#clear(opened);
    this.#views.loss.begin(opened);
    if (opened.begun) this.#show(opened.begun);
    this.#showPhase(opened.begun ? (opened.step >= opened.choices.steps ? 'over' : 'ready') : 'opened');
    this.#tell(openedWords(opened, this.#what));
    await this.#look();
  }

  /** What a visitor has changed of what is watched. */
  async #watch(): Promise<void> {
    byId('temperature-value').textContent = byId<HTMLInputElement>('temperature').value;
    await this.#channel.ask('watch', this.#settings);
    if (this.#phase !== 'none') this.#looks.run(async () => void (await this.#inTurn(() => this.#look())));
  }

  get #settings(): Settings {
    const [prefix, temperature, reading, pace] = ['prefix', 'temperature', 'reading', 'pace'].map(
      (id) => byId<HTMLInputElement>(id).value,
    ) as [string, string, string, string];
    return { prefix, temperature: Number(temperature), reading, pace: Number(pace) };
  }

  #clear(opened?: Opened): void {
    this.#unsavedMs = 0;
    this.#views.restart(opened?.history);
    this.#what = '';
  }

  #show(begun: Begun): void {
    this.#views.loss.begin(begun);
    this.#steps = begun.step;
    this.#isStale = false;
    this.#what = networkWords(begun.model);
    byId('kernel').textContent = begun.remark ?? '';
  }

  async #look(): Promise<void> {
    await this.#views.show(await this.#channel.ask('look', undefined));
  }

  #stop(stopped: Stopped): void {
    this.#steps = stopped.step;
    this.#showPhase(stopped.reason === 'done' ? 'over' : 'ready');
    this.#tell(stoppedWords(stopped, this.#isStale));
  }

  #showPhase(phase: Phase): void {
    this.#phase = phase;
    const isRunning = phase === 'running';
    byId('train').textContent = isRunning ? 'Pause' : 'Train';
    byId<HTMLButtonElement>('step').disabled = isRunning;
    byId<HTMLButtonElement>('save').disabled = phase === 'none';
    document.body.classList.toggle('running', isRunning);
  }

  #tell(text: string, isProblem = false, notes: readonly string[] = []): void {
    byId('told').className = isProblem ? 'problem' : '';
    byId('told').textContent = [text, ...notes.map((note) => `Note: ${note}.`)].join(' ');
  }

  /** Does what a visitor asks for after all that was asked for before, and says what went wrong: then it resolves with undefined. */
  #inTurn<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    const done = this.#turn.then(action).catch((error: Error) => {
      this.#tell(error.message, true);
      return undefined;
    });
    this.#turn = done;
    return done;
  }
}
