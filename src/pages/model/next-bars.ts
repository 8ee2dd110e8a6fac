import type { Text } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { probabilityText } from '../figures.ts';
import { symbolText } from '../shown.ts';
import type { NextBar, NextSymbols } from './texts.ts';
import type { ModelService } from './worker.ts';

/** Bars that are shown at first, and after the visitor has asked for more. */
const FEW = 10;
const MANY = 200;

/**
 * The symbols that may come next, as bars. Each is a button that writes its symbol. The bars are one stop of the Tab key, and the arrow keys move between
 * them; the place in the list is kept when the bars change, so that a text can be written by the keyboard alone.
 */
export class NextBars {
  readonly #channel: Channel<ModelService>;
  readonly #choose: (addition: Text) => void;
  readonly #list = byId('next');
  readonly #more = byId('more');
  #most = FEW;
  /** The bar that the Tab key goes to. */
  #current = 0;

  /** @param choose is told what the visitor adds to the text */
  constructor(channel: Channel<ModelService>, choose: (addition: Text) => void, onMore: () => void) {
    this.#channel = channel;
    this.#choose = choose;
    this.#list.addEventListener('keydown', (event) => this.#move(event));
    this.#more.addEventListener('click', () => {
      this.#most = this.#most === FEW ? MANY : FEW;
      onMore();
    });
  }

  async show(prefix: Text): Promise<void> {
    const { bars, left } = await this.#ask(prefix);
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...bars.map((bar) => element('li', {}, this.#button(bar))));
    this.#setCurrent(Math.min(this.#current, bars.length - 1), hadFocus);
    this.#more.hidden = this.#most === FEW && left === 0;
    this.#more.textContent = this.#most === FEW ? `Show ${Math.min(left, MANY - FEW)} more` : 'Show fewer';
  }

  /** Where the model can't read the prefix, no bar stays. */
  async #ask(prefix: Text): Promise<NextSymbols> {
    try {
      return await this.#channel.ask('next', { prefix, most: this.#most });
    } catch (error) {
      this.#list.replaceChildren();
      this.#more.hidden = true;
      throw error;
    }
  }

  #button({ label, probability, addition }: NextBar): HTMLButtonElement {
    const figure = probabilityText(probability);
    const line = element('i');
    line.style.setProperty('--p', String(probability));
    const button = element(
      'button',
      { type: 'button', className: 'bar', tabIndex: -1 },
      element('bdi', { className: addition === undefined ? 'symbols end' : 'symbols' }, symbolText(label)),
      line,
      element('span', { className: 'figure' }, figure),
    );
    button.setAttribute('aria-label', `${label === ' ' ? 'space' : label}, probability ${figure}`);
    button.setAttribute('aria-disabled', String(addition === undefined));
    if (addition !== undefined) button.addEventListener('click', () => this.#choose(addition));
    else button.title = 'It adds nothing to the text.';
    return button;
  }

  #move(event: KeyboardEvent): void {
    const last = this.#list.children.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#current + 1,
      ArrowUp: this.#current - 1,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#setCurrent(Math.max(0, Math.min(last, to)), true);
  }

  #setCurrent(place: number, focuses: boolean): void {
    const bars = this.#list.querySelectorAll('button');
    this.#current = Math.max(0, place);
    for (const [index, bar] of bars.entries()) bar.tabIndex = index === this.#current ? 0 : -1;
    if (focuses) bars[this.#current]?.focus();
  }
}
