/** Why a symbol was hard to predict: the first of these that holds. */
const ERROR_CLASSES = [
  'an n-gram model knew it',
  'repeats the recent text',
  'in a rare word',
  'begins a word',
  'ends a word or is punctuation',
  'the rest',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** What errors of one class are of all. */
export interface ErrorShare {
  readonly name: ErrorClass;
  readonly count: number;
  /** Of all errors. */
  readonly share: number;
  /** Σ −log p of them, in nats, as a share of that of all symbols. */
  readonly ofLoss: number;
}

export interface ErrorTexts {
  /** Each symbol as text; a line’s `<stop>` as a newline. */
  readonly symbols: readonly string[];
  /** −log p in nats of the network, and of n-gram models; NaN where nothing was predicted. */
  readonly network: ArrayLike<number>;
  readonly ngrams: readonly ArrayLike<number>[];
  /** How often a word occurs in the training text. */
  readonly wordCount: (word: string) => number;
}

/** An error is a symbol that got less than half of the probability. */
const ERROR = Math.LN2;

/** The recent text, and how many symbols must repeat for the next one to count as repeated. */
const RECENT = { symbols: 1000, context: 8 };

/** A word that occurs so often in the training text, or less, is rare. */
const RARE = 5;

/**
 * The errors of a network in classes, after Karpathy, Johnson & Fei-Fei (2015, section 4.4): symbols that an n-gram model would have got; symbols that the
 * text has said after the same 8 symbols within its last 1,000; symbols of words that the training text has at most 5 times; the first letter of a word; what
 * ends a word; and the rest. An error belongs to the first class that it fits.
 */
export function classifyErrors({ symbols, network, ngrams, wordCount }: ErrorTexts): ErrorShare[] {
  const words = wordsOf(symbols);
  const counts = new Map<ErrorClass, { count: number; nats: number }>();
  let [errors, loss] = [0, 0];
  const recent = new Map<string, number>();
  for (let at = 0; at < symbols.length; at++) {
    const key = symbols.slice(Math.max(0, at - RECENT.context), at + 1).join('');
    const before = recent.get(key);
    recent.set(key, at);
    const nats = network[at]!;
    if (Number.isNaN(nats)) continue;
    loss += nats;
    if (nats <= ERROR) continue;
    errors++;
    const isRepeated = at >= RECENT.context && before !== undefined && at - before <= RECENT.symbols;
    const name: ErrorClass = ngrams.some((model) => model[at]! < ERROR)
      ? ERROR_CLASSES[0]
      : isRepeated
        ? ERROR_CLASSES[1]
        : classOfWord(symbols, words, at, wordCount);
    const so = counts.get(name) ?? { count: 0, nats: 0 };
    counts.set(name, { count: so.count + 1, nats: so.nats + nats });
  }
  return ERROR_CLASSES.map((name) => {
    const { count, nats } = counts.get(name) ?? { count: 0, nats: 0 };
    return { name, count, share: errors > 0 ? count / errors : 0, ofLoss: loss > 0 ? nats / loss : 0 };
  });
}

function classOfWord(
  symbols: readonly string[],
  words: readonly string[],
  at: number,
  wordCount: (word: string) => number,
): ErrorClass {
  const word = words[at]!;
  if (word === '') return ERROR_CLASSES[4];
  if (wordCount(word) <= RARE) return ERROR_CLASSES[2];
  return at === 0 || !isLetter(symbols[at - 1]!) ? ERROR_CLASSES[3] : ERROR_CLASSES[5];
}

/** The words of a text, as they are counted: runs of letters. */
export function countWords(symbols: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  let word = '';
  const end = (): void => {
    if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1);
    word = '';
  };
  for (const symbol of symbols) {
    if (isLetter(symbol)) word += symbol;
    else end();
  }
  end();
  return counts;
}

/** For each symbol, the whole word that it is in; empty outside words. */
function wordsOf(symbols: readonly string[]): string[] {
  const words = Array<string>(symbols.length).fill('');
  for (let start = 0; start < symbols.length; ) {
    let end = start;
    while (end < symbols.length && isLetter(symbols[end]!)) end++;
    if (end > start) words.fill(symbols.slice(start, end).join(''), start, end);
    start = end + 1;
  }
  return words;
}

function isLetter(symbol: string): boolean {
  return /^\p{L}/u.test(symbol);
}
