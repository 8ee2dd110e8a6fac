import { ByteSpelling, bytesOfParts, type ShownPart } from '../../text/byte-spelling.ts';
import type { Text } from '../../text/text.ts';
import { bytesOf } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { type FormValues, valuesOf } from '../form.ts';
import { nodesOf } from '../shown.ts';
import type { TextBox } from './text-box.ts';
import type { SamplePart } from './texts.ts';
import type { ModelService } from './worker.ts';

/** Lets the model write, and shows what it writes as it comes. */
export class Writing {
  readonly #channel: Channel<ModelService>;
  readonly #box: TextBox;
  readonly #form = byId<HTMLFormElement>('write');
  readonly #stop = byId<HTMLButtonElement>('stop');
  readonly #written = byId('written');
  readonly #status = byId('write-status');
  readonly #take = byId('take');
  /** What has been written, with the text that it goes on from. */
  #text: ShownPart[] = [];
  #running: AbortController | undefined;
  #isAtEnd = true;
  #frame = 0;

  /** @param onTake is told when what was written has become the visitor's text */
  constructor(channel: Channel<ModelService>, box: TextBox, onTake: () => void) {
    this.#channel = channel;
    this.#box = box;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.write();
    });
    byId('another').addEventListener('click', () => {
      const seed = this.#form.elements.namedItem('seed') as HTMLInputElement;
      seed.value = /^\d{1,15}$/u.test(seed.value) ? String(Number(seed.value) + 1) : `${seed.value}+`;
      void this.write();
    });
    this.#written.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#written;
      this.#isAtEnd = scrollTop + clientHeight > scrollHeight - 8;
    });
    this.#stop.addEventListener('click', () => this.#running?.abort());
    this.#take.addEventListener('click', () => {
      box.prefix = bytesOfParts(this.#text);
      onTake();
    });
  }

  /** Presets the fields for a model whose texts end by themselves. */
  presetLines(): void {
    for (const [name, value] of [
      ['count', '10'],
      ['length', '200'],
    ] as const)
      (this.#form.elements.namedItem(name) as HTMLInputElement).value = value;
  }

  /** Writes with the present settings. What is being written is given up. */
  async write(): Promise<void> {
    const values = valuesOf(this.#form);
    const { prefix } = this.#box;
    if (!values) this.#form.reportValidity();
    if (!values || prefix === undefined) return;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    await this.#writeWith(values, prefix, running.signal);
    if (this.#running === running) {
      this.#running = undefined;
      this.#stop.disabled = true;
    }
  }

  async #writeWith(values: FormValues, prefix: Text, signal: AbortSignal): Promise<void> {
    const count = values.number('count');
    const request = {
      prefix,
      count,
      seed: values.text('seed'),
      temperature: values.number('temperature'),
      topP: values.number('topP'),
      length: values.number('length'),
      stop: values.text('stop'),
    };
    this.#written.replaceChildren();
    this.#status.textContent = 'Writing…';
    this.#status.className = 'faint';
    this.#stop.disabled = false;
    this.#take.hidden = true;
    const given = new ByteSpelling().write(bytesOf(prefix));
    this.#text = [...given];
    this.#isAtEnd = true;
    let last = -1;
    const onPiece = ({ index, parts }: SamplePart): void => {
      if (index !== last) this.#begin(given, index > 0);
      last = index;
      this.#text.push(...parts);
      this.#append(nodesOf(parts));
    };
    try {
      const { stopped } = await this.#channel.ask('sample', request, { onPiece, signal });
      this.#status.textContent =
        count > 1 ? `${last + 1} texts.` : stopped ? 'The text has ended by itself.' : 'Written up to the length.';
    } catch (error) {
      const isStopped = signal.aborted;
      this.#status.textContent = isStopped ? 'Stopped.' : (error as Error).message;
      this.#status.className = isStopped ? 'faint' : 'problem';
    }
    this.#take.hidden = count > 1 || last < 0;
  }

  /** A long text stays at its end, unless the visitor has scrolled up. The place is set once a frame, when the page is laid out anyway. */
  #append(nodes: readonly (Node | string)[]): void {
    this.#written.append(...nodes);
    if (!this.#isAtEnd || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#written.scrollTop = this.#written.scrollHeight;
    });
  }

  #begin(given: readonly ShownPart[], isNext: boolean): void {
    if (isNext) this.#written.append('\n');
    this.#written.append(element('span', { className: 'given' }, ...nodesOf(given)));
  }
}
