import { escapeText } from '../../text/escapes.ts';
import { bytesOf, concatBytes, type Text } from '../../text/text.ts';
import { ByteSpelling } from '../byte-spelling.ts';
import { byId } from '../dom.ts';

/** The most characters of a text that the page takes: all of it is read again at each change. */
const LONGEST = 100_000;

/**
 * The box with the visitor's text. A box holds no bytes that are not UTF-8. Such bytes, which a model of bytes may write, are held beside it until
 * they become a character, and the page shows them below the box.
 */
export class TextBox {
  readonly #box = byId<HTMLTextAreaElement>('text');
  readonly #note = byId('tail');
  readonly #problem = byId('text-problem');
  #tail: Uint8Array = new Uint8Array();

  constructor(onChange: () => void) {
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
        `This text has ${value.length.toLocaleString('en-US')} characters, and this page reads at most ${LONGEST.toLocaleString('en-US')}. For longer texts, use rnn score.`,
      );
      return undefined;
    }
    return this.#tail.length > 0 ? concatBytes([bytesOf(value), this.#tail]) : value;
  }

  set text(text: Text) {
    const parts = new ByteSpelling().write(bytesOf(text));
    const end = parts.findIndex(({ isEscape }) => isEscape);
    this.#box.value = parts
      .slice(0, end < 0 ? parts.length : end)
      .map((part) => part.text)
      .join('');
    this.#setTail(bytesOf(text).slice(bytesOf(this.#box.value).length));
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** Writes at its end. */
  append(addition: Text): void {
    const { text } = this;
    if (text === undefined) return;
    this.text =
      typeof text === 'string' && typeof addition === 'string'
        ? text + addition
        : concatBytes([bytesOf(text), bytesOf(addition)]);
  }

  /** Says why the model can't read the text; nothing where it can. */
  say(problem: string): void {
    this.#problem.textContent = problem;
  }

  #setTail(tail: Uint8Array): void {
    this.#tail = tail;
    this.#note.hidden = tail.length === 0;
    this.#note.textContent = `After the text stand bytes that are no UTF-8: ${escapeText(tail)}`;
  }
}
