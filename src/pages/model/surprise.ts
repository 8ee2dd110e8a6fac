import { nextTurn } from '#host/turn';
import { grouped } from '../../counts.ts';
import { strengthOf } from '../../insight/coloured-text.ts';
import type { Text } from '../../text/text.ts';
import type { Channel } from '../channel.ts';
import { byId, element } from '../dom.ts';
import { fixed } from '../figures.ts';
import type { ScoredPart, ScoredText } from './texts.ts';
import type { ModelService } from './worker.ts';

/** The most symbols that are shown in colours, and how many of them the page is given at once, so that it stays responsive. */
const MOST = 5000;
const SLICE = 500;

/** Shows how surprised the model is by a text. */
export async function showSurprise(channel: Channel<ModelService>, text: Text): Promise<void> {
  byId('surprise').hidden = text.length === 0;
  if (text.length === 0) return;
  await colour(byId('scored'), byId('score'), await ask(channel, text));
}

/** Where the model can't read the text, the colours of the text before don't stay. */
async function ask(channel: Channel<ModelService>, text: Text): Promise<ScoredText> {
  try {
    return await channel.ask('score', text);
  } catch (error) {
    byId('surprise').hidden = true;
    throw error;
  }
}

/** Shows a score: its symbols in colours, and its figures. */
export async function colour(scored: HTMLElement, figures: HTMLElement, score: ScoredText): Promise<void> {
  figures.textContent = inWords(score);
  scored.replaceChildren();
  for (let first = 0; first < Math.min(MOST, score.parts.length); first += SLICE) {
    scored.append(...score.parts.slice(first, Math.min(MOST, first + SLICE)).map(spanOf));
    await nextTurn();
  }
}

function spanOf({ text, isEscape, bits }: ScoredPart): HTMLElement {
  // A line end gets a sign, so that its colour can be seen.
  const shown = text === '\n' ? '↵\n' : text === '<stop>' ? '<stop>\n' : text;
  const span = element('span', { title: `${bits.toFixed(3)} bits`, className: isEscape ? 'escape' : '' }, shown);
  span.style.setProperty('--v', strengthOf(bits).toFixed(2));
  return span;
}

function inWords({ bitsPerSymbol, logProbability, symbols, unknown, parts }: ScoredText): string {
  const strange = unknown > 0 ? ` ${unknown} symbols are outside its vocabulary, and were scored as <unk>.` : '';
  const cut = parts.length > MOST ? ` The first ${grouped(MOST)} are shown.` : '';
  return `${fixed(bitsPerSymbol)} bits a symbol (perplexity ${(2 ** bitsPerSymbol).toFixed(3)}), over ${grouped(symbols)} symbols. Σ log p = ${fixed(logProbability)}.${strange}${cut}`;
}
