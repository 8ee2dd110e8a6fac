import { grouped } from '../../counts.ts';
import { ByteSpelling } from '../../text/byte-spelling.ts';
import { escapeText } from '../../text/escapes.ts';
import { bytesOf, concatBytes, type Text, textOf } from '../../text/text.ts';
import { byId } from '../dom.ts';

/** The most characters of a text that the page takes: all of it is read again at each change. */
const LONGEST = 100_000;

/** The byte of the end of a line. */
const NEWLINE = 0x0a;

/**
 * The box with the visitor's text. A box holds no bytes that are not UTF-8. Such bytes, which a model of bytes may write, are held beside it until
 * they become a character, and the page shows them below the box.
 */
export class TextBox {
  readonly #box = byId<HTMLTextAreaElement>('text');
  readonly #note = byId('tail');
  readonly #problem = byId('text-problem');
  readonly #hasLines: boolean;
  #tail: Uint8Array = new Uint8Array();

  /** @param hasLines whether each line is a text by itself, so that the model goes on from the last one */
  constructor(hasLines: boolean, onChange: () => void) {
    this.#hasLines = hasLines;
    this.#box.addEventListener('input', () => {
      this.#setTail(new Uint8Array());
      onChange();
    });
  }

  /** The text. Undefined where it is too long, which is then said. */
  get text(): Text | undefined {
    const { value } = this.#box;
    if (value.length > LONGEST) {
      this.say(
        `This text has ${grouped(value.length)} characters, and this page reads at most ${grouped(LONGEST)}. For longer texts, use rnn score.`,
      );
      return undefined;
    }
    return this.#tail.length > 0 ? concatBytes([bytesOf(value), this.#tail]) : value;
  }

  /** What the model goes on from. Undefined likewise. */
  get prefix(): Text | undefined {
    const { text } = this;
    return text === undefined || !this.#hasLines ? text : text.slice(this.#lastLine(text));
  }

  set prefix(prefix: Text) {
    const { text } = this;
    if (text !== undefined) this.text = joined(text.slice(0, this.#hasLines ? this.#lastLine(text) : 0), prefix);
  }

  set text(text: Text) {
    const whole = typeof text === 'string' ? text : textOf(text);
    this.#box.value = typeof whole === 'string' ? whole : wellFormed(whole);
    this.#setTail(typeof whole === 'string' ? new Uint8Array() : whole.slice(bytesOf(this.#box.value).length));
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** Writes at its end. */
  append(addition: Text): void {
    const { text } = this;
    if (text !== undefined) this.text = joined(text, addition);
  }

  /** Says why the model can't read the text; nothing where it can. */
  say(problem: string): void {
    this.#problem.textContent = problem;
  }

  /** Where the last line begins. */
  #lastLine(text: Text): number {
    return (typeof text === 'string' ? text.lastIndexOf('\n') : text.lastIndexOf(NEWLINE)) + 1;
  }

  #setTail(tail: Uint8Array): void {
    this.#tail = tail;
    this.#note.hidden = tail.length === 0;
    this.#note.textContent = `After the text stand bytes that are no UTF-8: ${escapeText(tail)}`;
  }
}

/** What stands before the first byte that is no UTF-8. */
function wellFormed(bytes: Uint8Array): string {
  const [first] = new ByteSpelling().write(bytes);
  return first && !first.isEscape ? first.text : '';
}

function joined(before: Text, after: Text): Text {
  return typeof before === 'string' && typeof after === 'string'
    ? before + after
    : concatBytes([bytesOf(before), bytesOf(after)]);
}
