import { counted } from '../../counts.ts';
import { byId, element } from '../dom.ts';
import { commandsOf } from './command-line.ts';
import { DEFAULTS, TASK_LENGTHS } from './lessons.ts';
import {
  type Cell,
  type Choices,
  MOST_SHOWN,
  OWN_TEXTS,
  type OwnText,
  type ReadRequest,
  type Source,
  type TextFacts,
} from './protocol.ts';

/** How long a text must stay as it is before it is read, in milliseconds. */
const TYPED_MS = 300;

/** What the length of a task is called. */
const LENGTH_WORDS = { lag: 'Steps from the first symbol to the last', parity: 'The most bits of a line' };

const field = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);
const choice = (id: string): HTMLSelectElement => byId<HTMLSelectElement>(id);
const number = (id: string): number => field(id).valueAsNumber;

/** What is told of what a visitor does in the form. */
export interface FormEvents {
  /** Another text is chosen, or it is read otherwise. */
  readonly onText: (request: ReadRequest) => void;
  /** Something else of a run is chosen. */
  readonly onChoice: () => void;
  /** The learning rate, or the number of steps, which a run takes over as it goes on. */
  readonly onPace: () => void;
}

/** The form: which text, which network, how it is trained. */
export class Form {
  readonly #events: FormEvents;
  /** A file that was chosen, dropped or pasted. */
  #file: { readonly file: Blob; readonly name: string } | undefined;
  #facts: TextFacts | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: FormEvents) {
    this.#events = events;
    const form = byId('setup');
    form.addEventListener('submit', (event) => event.preventDefault());
    choice('source').addEventListener('change', () => this.#chooseSource());
    for (const id of ['mode', 'length']) byId(id).addEventListener('change', () => this.tellText());
    this.#tell(['cell', 'layers', 'hidden', 'seed', 'bptt', 'batch', 'validation'], () => this.#events.onChoice());
    this.#tell(['rate', 'steps'], () => this.#events.onPace());
    byId('text').addEventListener('input', () => this.#type());
    byId('text').addEventListener('paste', (event) => this.#paste(event as ClipboardEvent));
    field('file').addEventListener('change', () => this.#takeFiles(field('file').files));
    this.#letDrop(form);
    this.#bindRate();
  }

  /** Shows what is chosen, as an example or a checkpoint has it. */
  set(choices: Choices): void {
    for (const key of ['cell', 'layers', 'hidden', 'seed', 'steps', 'bptt', 'rate'] as const)
      field(key).value = String(choices[key]);
    field('batch').value = choices.batch === undefined ? '' : String(choices.batch);
    field('validation').value = String(Number((100 * choices.validation).toPrecision(6)));
    this.#moveSlider();
    this.#showCommand();
  }

  /** Shows which text is chosen, without reading it. */
  setSource(source: Source): void {
    choice('source').value = 'own' in source ? source.own : 'task' in source ? source.task : 'typed';
    if ('task' in source) field('length').value = String(source.length);
    this.#showLength();
  }

  get request(): ReadRequest {
    return { source: this.source, mode: choice('mode').value as ReadRequest['mode'] };
  }

  get source(): Source {
    const { value } = choice('source');
    if (value === 'lag' || value === 'parity') return { task: value, length: number('length') || TASK_LENGTHS[value] };
    if ((OWN_TEXTS as readonly string[]).includes(value)) return { own: value as OwnText };
    return value === 'file' && this.#file ? this.#file : { typed: byId<HTMLTextAreaElement>('text').value };
  }

  /** What is chosen of the run. Undefined where a field is wrong, which the browser then says beside it. */
  get choices(): Choices | undefined {
    if (!byId<HTMLFormElement>('setup').reportValidity() || !field('rate').reportValidity()) return undefined;
    return {
      cell: choice('cell').value as Cell,
      layers: number('layers'),
      hidden: number('hidden'),
      bptt: number('bptt'),
      batch: field('batch').value === '' ? undefined : number('batch'),
      rate: number('rate'),
      steps: number('steps'),
      validation: Number((number('validation') / 100).toPrecision(6)),
      seed: field('seed').value,
    };
  }

  /** Shows what the text is. */
  showFacts(facts: TextFacts): void {
    this.#facts = facts;
    const text = byId<HTMLTextAreaElement>('text');
    if (!('typed' in this.source)) text.value = facts.beginning;
    text.readOnly = !facts.isWhole;
    const { characters, symbols, mode, lines, remarks, isWhole } = facts;
    const read =
      mode === 'lines' ? `${counted(lines ?? 0, 'line')}, each an example that ends in <stop>` : 'one stream';
    const part = isWhole ? '' : 'The field shows the beginning.';
    byId('facts').className = 'faint';
    byId('facts').textContent =
      `${counted(characters, 'character')}, ${counted(symbols, 'different symbol')}, read as ${read}. ${[...remarks, part].filter(Boolean).join(' ')}`;
    this.#showCommand();
  }

  showProblem(problem: string): void {
    this.#facts = undefined;
    byId('facts').className = 'problem';
    byId('facts').textContent = problem;
  }

  /** Tells which text is chosen now, where it has just been typed. */
  tellTyped(): void {
    if (this.#timer !== undefined) this.tellText();
  }

  /** The learning rate, where it is one. */
  get rate(): number | undefined {
    return field('rate').checkValidity() ? number('rate') : undefined;
  }

  /** Tells which text is chosen now. */
  tellText(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#showLength();
    this.#events.onText(this.request);
  }

  #tell(ids: readonly string[], tell: () => void): void {
    for (const id of ids)
      byId(id).addEventListener('input', () => {
        this.#showCommand();
        tell();
      });
  }

  #chooseSource(): void {
    const { value } = choice('source');
    if (value === 'typed') {
      const text = byId<HTMLTextAreaElement>('text');
      [text.value, text.readOnly] = ['', false];
      text.focus();
    }
    if (value === 'lag' || value === 'parity') field('length').value = String(TASK_LENGTHS[value]);
    this.tellText();
  }

  #type(): void {
    choice('source').value = 'typed';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tellText(), TYPED_MS);
  }

  #paste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData('text/plain') ?? '';
    if (pasted.length <= MOST_SHOWN && !byId<HTMLTextAreaElement>('text').readOnly) return;
    event.preventDefault();
    this.#take(new Blob([pasted]), 'pasted');
  }

  #takeFiles(files: FileList | null | undefined): void {
    const [file] = files ?? [];
    if (file) this.#take(file, file.name);
  }

  #take(file: Blob, name: string): void {
    this.#file = { file, name };
    const shown =
      choice('source').querySelector<HTMLOptionElement>('[value=file]') ?? element('option', { value: 'file' });
    shown.textContent = name;
    choice('source').prepend(shown);
    choice('source').value = 'file';
    field('file').value = '';
    this.tellText();
  }

  #letDrop(form: HTMLElement): void {
    form.addEventListener('dragover', (event) => {
      event.preventDefault();
      form.classList.add('dropping');
    });
    form.addEventListener('dragleave', () => form.classList.remove('dropping'));
    form.addEventListener('drop', (event) => {
      event.preventDefault();
      form.classList.remove('dropping');
      const { files } = event.dataTransfer!;
      const text = event.dataTransfer!.getData('text/plain');
      if (files.length > 0) this.#takeFiles(files);
      else if (text !== '') this.#take(new Blob([text]), 'dropped');
    });
  }

  /** The slider moves the number by powers, and the number the slider. */
  #bindRate(): void {
    field('rate-slider').addEventListener('input', () => {
      field('rate').value = String(Number((10 ** number('rate-slider')).toPrecision(2)));
      field('rate').dispatchEvent(new Event('input'));
    });
    field('rate').addEventListener('input', () => this.#moveSlider());
  }

  #moveSlider(): void {
    if (number('rate') > 0) field('rate-slider').value = String(Math.log10(number('rate')));
  }

  #showLength(): void {
    const { source } = this;
    byId('length-field').hidden = !('task' in source);
    if ('task' in source) byId('length-label').textContent = LENGTH_WORDS[source.task];
  }

  #showCommand(): void {
    const isValid = byId<HTMLFormElement>('setup').checkValidity() && field('rate').checkValidity();
    if (this.#facts && isValid)
      byId('command').textContent = commandsOf(this.choices ?? DEFAULTS, this.#facts, this.source);
  }
}
