import { message, option, UserError } from '../errors.ts';
import type { ModelConfig } from '../nn/config.ts';
import { extendParameters } from '../nn/extend.ts';
import { Manifest } from '../nn/manifest.ts';
import { GraphemeSplitter } from '../text/graphemes.ts';
import { compareSymbols, describeSymbol, type TextSymbol, type Unit } from '../text/symbols.ts';
import { Vocabulary } from '../text/vocabulary.ts';

/** Python's `string.printable`, which many character-level models have for a vocabulary. */
const PRINTABLE =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\u000b\u000c';

/** The names of symbols that are no text: the end of an example, and a symbol outside the vocabulary. */
const SPECIALS = { stop: '<stop>', unknown: '<unk>' } as const;

/**
 * A model's symbols in the order of their ids:
 *
 * - a list of them; bytes are numbers, `<stop>` and `<unk>` are what this program calls so;
 * - a record of each one's number, from 0 on without gaps;
 * - a text, each of whose characters is a symbol; the word `printable` stands for Python's string.printable.
 */
export type SymbolList = string | readonly TextSymbol[] | Readonly<Record<string, number>>;

/** The symbols of a list, in the order of their ids. UserError where a record's numbers leave gaps or come twice. */
export function listSymbols(given: SymbolList): readonly TextSymbol[] {
  if (typeof given === 'string') return [...(given === 'printable' ? PRINTABLE : given)];
  if (Array.isArray(given)) return given as readonly TextSymbol[];
  const pairs = Object.entries(given as Readonly<Record<string, number>>).sort(([, a], [, b]) => a - b);
  const wrong = pairs.findIndex(([, id], index) => id !== index);
  if (wrong < 0) return pairs.map(([symbol]) => symbol);
  const [symbol, id] = pairs[wrong]!;
  throw new UserError(
    message`${option('symbols')} must give the numbers from 0 to ${pairs.length - 1}, each once, but ${describeSymbol(symbol)} has ${id} where ${wrong} is missing`,
  );
}

/** A model whose symbols are in the order of this program's vocabularies, with that vocabulary. */
export interface Sorted {
  readonly vocabulary: Vocabulary;
  readonly parameters: Float32Array;
}

/**
 * Brings a model's symbols into the order of a vocabulary of this program, which is that of their code points, specials first. What the
 * model computes stays the same to the bit.
 *
 * @param symbols in the order of the model's numbers for them
 *
 * UserError where they are not as many as the model has, where one comes twice, or where one is no single character.
 */
export function sortSymbols(
  symbols: readonly TextSymbol[],
  config: ModelConfig,
  parameters: Float32Array,
  name: string,
): Sorted {
  if (symbols.length !== config.symbols) {
    throw new UserError(
      message`${name}: the model has ${config.symbols} symbols, but ${option('symbols')} has ${symbols.length}; give as many, in the order of their ids`,
    );
  }
  const isSpecial = (symbol: TextSymbol) => Object.values<TextSymbol>(SPECIALS).includes(symbol);
  const own = symbols.filter((symbol) => !isSpecial(symbol)).sort(compareSymbols);
  requireDifferent(symbols);
  const vocabulary = Vocabulary.fromJSON({
    unit: unitOf(own),
    stop: symbols.includes(SPECIALS.stop),
    unknown: symbols.includes(SPECIALS.unknown),
    symbols: own,
  });
  const ids = Uint32Array.from(symbols, (symbol) => {
    if (symbol === SPECIALS.stop) return vocabulary.stop!;
    return symbol === SPECIALS.unknown ? vocabulary.unknown! : vocabulary.id(symbol)!;
  });
  const sorted = new Float32Array(new Manifest(config).size);
  extendParameters(parameters, config, ids, sorted, config.symbols);
  return { vocabulary, parameters: sorted };
}

function requireDifferent(symbols: readonly TextSymbol[]): void {
  const seen = new Set<TextSymbol>();
  for (const symbol of symbols) {
    if (seen.has(symbol))
      throw new UserError(
        message`${option('symbols')} has ${describeSymbol(symbol)} twice; each symbol has one number`,
      );
    seen.add(symbol);
  }
}

function unitOf(symbols: readonly TextSymbol[]): Unit {
  if (symbols.length > 0 && symbols.every((symbol) => typeof symbol === 'number')) return 'byte';
  const number = symbols.find((symbol) => typeof symbol === 'number');
  if (number !== undefined) throw new UserError(message`${option('symbols')} has bytes and characters; give one kind`);
  const long = symbols.find((symbol) => [...String(symbol)].length !== 1);
  if (long === undefined) return 'codepoint';
  const clusters: string[] = [];
  const splitter = new GraphemeSplitter((cluster) => clusters.push(cluster));
  for (const symbol of symbols) {
    clusters.length = 0;
    splitter.write(String(symbol));
    splitter.end();
    if (clusters.length !== 1) {
      throw new UserError(
        message`${option('symbols')} has ${describeSymbol(symbol)}, which is no single character; besides characters there are ${SPECIALS.stop} and ${SPECIALS.unknown}`,
      );
    }
  }
  return 'grapheme';
}
