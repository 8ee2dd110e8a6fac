import type { Activations } from '../../browser/index.ts';
import { ABOVE, BELOW, FULL_BITS, SURPRISAL, strengthOf } from '../../insight/coloured-text.ts';
import { byId, element } from '../dom.ts';
import { decimals } from './numbers.ts';
import type { View } from './protocol.ts';

const READ_FROM: Readonly<Record<View['readFrom'], string>> = {
  'held out': 'The network has never learned this part of the text.',
  learned: 'The network learns from this part of the text.',
  written: 'The network has written this text itself.',
  typed: 'This is the text that you typed.',
};

/** A text that is coloured by what a unit does while the network reads it. */
export class UnitView {
  #shown: Activations | undefined;
  #readFrom = '';
  #spans: HTMLElement[] = [];

  constructor() {
    for (const id of ['colour', 'layer', 'unit']) byId(id).addEventListener('input', () => this.#colour());
    for (const [id, by] of [
      ['unit-before', -1],
      ['unit-after', 1],
    ] as const)
      byId(id).addEventListener('click', () => this.#move(by));
  }

  restart(): void {
    this.#shown = undefined;
    this.#spans = [];
    byId('activation').replaceChildren();
    byId('unit-words').textContent = '';
    byId('tracking').hidden = true;
  }

  show({ activations, readFrom, tracking }: View): void {
    if (!activations) return;
    const isSame =
      this.#shown?.symbols.map(({ text }) => text).join('') === activations.symbols.map(({ text }) => text).join('');
    this.#shown = activations;
    this.#readFrom = READ_FROM[readFrom];
    this.#offer(activations);
    if (!isSame) this.#write(activations);
    this.#offerTracking(tracking);
    this.#colour();
  }

  /** Offers units that track something. */
  #offerTracking(tracking: View['tracking']): void {
    byId('tracking').hidden = tracking.length === 0;
    byId('tracked').replaceChildren(
      ...tracking.map(({ layer, unit, feature, correlation }) => {
        const button = element(
          'button',
          { type: 'button' },
          `${layer}/${unit}: ${feature}, r = ${decimals(correlation)}`,
        );
        button.addEventListener('click', () => this.#pick(layer, unit));
        return button;
      }),
    );
  }

  #pick(layer: number, unit: number): void {
    byId<HTMLSelectElement>('colour').value = 'unit';
    byId<HTMLSelectElement>('layer').value = String(layer - 1);
    byId<HTMLInputElement>('unit').value = String(unit);
    this.#colour();
  }

  /** Offers the layers and units that there are. */
  #offer({ layers, hidden }: Activations): void {
    const layer = byId<HTMLSelectElement>('layer');
    if (layer.options.length !== layers) {
      const options = Array.from({ length: layers }, (_, at) =>
        element('option', { value: String(at) }, String(at + 1)),
      );
      layer.replaceChildren(...options);
    }
    byId<HTMLInputElement>('unit').max = String(hidden);
  }

  #write({ symbols }: Activations): void {
    this.#spans = symbols.map(({ symbol, text }) =>
      element('span', {}, text === '\n' ? '↵\n' : text === '' ? symbol : text),
    );
    byId('activation').replaceChildren(...this.#spans);
  }

  #move(by: number): void {
    const field = byId<HTMLInputElement>('unit');
    const count = this.#shown?.hidden ?? 1;
    field.value = String(((this.#unit() + by + count) % count) + 1);
    this.#colour();
  }

  /** The chosen unit of the layer, from 0. */
  #unit(): number {
    const { value, max } = byId<HTMLInputElement>('unit');
    return Math.max(1, Math.min(Number(max) || 1, Math.round(Number(value)) || 1)) - 1;
  }

  #colour(): void {
    if (!this.#shown) return;
    const isUnit = byId<HTMLSelectElement>('colour').value === 'unit';
    byId('ramp').className = isUnit ? 'ramp state' : 'ramp surprise';
    byId('least').textContent = isUnit ? '−1' : '0 bits';
    byId('most').textContent = isUnit ? '1' : `${FULL_BITS} bits and more`;
    if (isUnit) this.#colourByUnit(this.#shown);
    else this.#colourBySurprise(this.#shown);
  }

  #colourByUnit({ symbols, layers, hidden, values }: Activations): void {
    const [layer, unit] = [Number(byId<HTMLSelectElement>('layer').value), this.#unit()];
    const column = layer * hidden + unit;
    const its = symbols.map((_, at) => values[at * layers * hidden + column]!);
    for (const [at, value] of its.entries()) {
      this.#paint(at, value < 0 ? BELOW : ABOVE, 0.75 * Math.min(1, Math.abs(value)), decimals(value));
    }
    const [least, most] = [Math.min(...its), Math.max(...its)];
    byId('unit-words').textContent =
      `Layer ${layer + 1}, unit ${unit + 1}: between ${decimals(least)} and ${decimals(most)}, the largest after ${named(symbols[its.indexOf(most)]!.symbol)}. ${this.#readFrom}`;
  }

  #colourBySurprise({ symbols }: Activations): void {
    for (const [at, { bits }] of symbols.entries())
      this.#paint(at, SURPRISAL, 0.85 * strengthOf(bits), Number.isNaN(bits) ? 'the first' : `${decimals(bits)} bits`);
    const known = symbols.map(({ bits }) => bits).filter((bits) => !Number.isNaN(bits));
    const mean = known.reduce((sum, bits) => sum + bits, 0) / known.length;
    byId('unit-words').textContent =
      `A symbol surprises the network by ${decimals(mean)} bits on average. ${this.#readFrom}`;
  }

  #paint(at: number, colour: string, strength: number, title: string): void {
    const span = this.#spans[at]!;
    span.style.background = `rgb(${colour} / ${strength.toFixed(3)})`;
    span.title = title;
  }
}

function named(symbol: string): string {
  return symbol === ' ' ? 'a space' : `“${symbol}”`;
}
