/** A feature of a text: one number for each symbol, which a reader knows after reading that symbol. */
export interface Feature {
  readonly name: string;
  readonly values: Float64Array;
}

const VOWEL = /^[aeiouyäöüáàâéèêíìîóòôúùû]$/iu;
const LETTER = /^\p{L}/u;

/** What a reader remembers from one symbol to the next. */
interface Reader {
  /** The number of symbols since the start of the line. */
  column: number;
  indentation: number;
  /** The number of letters since the start of the word. */
  word: number;
  /** The number of words since the start of the line. */
  words: number;
  sentence: number;
  quoted: boolean;
  brackets: number;
  newlines: number;
}

/** The features: a name, and the value after a symbol has been read. `next` is the symbol that follows. */
const FEATURES: readonly (readonly [
  string,
  (reader: Readonly<Reader>, symbol: string, next: string | undefined) => number,
])[] = [
  ['position in line', ({ column }) => column],
  ['position in word', ({ word }) => word],
  ['words in line', ({ words }) => words],
  ['position in sentence', ({ sentence }) => sentence],
  ['indentation of line', ({ indentation }) => indentation],
  ['inside quotes', ({ quoted }) => Number(quoted)],
  ['depth of brackets', ({ brackets }) => brackets],
  ['at line start', ({ column }) => Number(column === 0)],
  ['after blank line', ({ newlines }) => Number(newlines > 1)],
  ['space', (_, symbol) => Number(symbol === ' ')],
  ['letter', (_, symbol) => Number(LETTER.test(symbol))],
  ['vowel', (_, symbol) => Number(VOWEL.test(symbol))],
  ['upper case', (_, symbol) => Number(/^\p{Lu}/u.test(symbol))],
  ['digit', (_, symbol) => Number(/^\p{N}/u.test(symbol))],
  ['punctuation', (_, symbol) => Number(/^\p{P}/u.test(symbol))],
  ['at word end', ({ word }, _, next) => Number(word > 0 && next !== undefined && !LETTER.test(next))],
];

/**
 * Simple features of a text, symbol by symbol, which a unit may have learned to track (Karpathy, Johnson & Fei-Fei 2015). A feature with
 * the same value at all symbols is left out.
 *
 * @param symbols the text of each symbol. An end of line is a newline, also where it is a `<stop>`.
 */
export function textFeatures(symbols: readonly string[]): Feature[] {
  const values = FEATURES.map(() => new Float64Array(symbols.length));
  const reader: Reader = {
    column: 0,
    indentation: 0,
    word: 0,
    words: 0,
    sentence: 0,
    quoted: false,
    brackets: 0,
    newlines: 0,
  };
  for (const [at, symbol] of symbols.entries()) {
    read(reader, symbol);
    for (const [index, [, value]] of FEATURES.entries()) values[index]![at] = value(reader, symbol, symbols[at + 1]);
  }
  return FEATURES.map(([name], index) => ({ name, values: values[index]! })).filter((feature) =>
    feature.values.some((value) => value !== feature.values[0]),
  );
}

function read(reader: Reader, symbol: string): void {
  const letter = LETTER.test(symbol);
  if (letter && reader.word === 0) reader.words++;
  reader.word = letter ? reader.word + 1 : 0;
  reader.sentence = /^[.!?]$/u.test(symbol) ? 0 : reader.sentence + 1;
  readMarks(reader, symbol);
  if (symbol === '\n') {
    reader.newlines++;
    reader.column = 0;
    reader.words = 0;
    reader.indentation = 0;
    // A quotation or bracket that is not closed ends with its paragraph.
    if (reader.newlines > 1) {
      reader.quoted = false;
      reader.brackets = 0;
    }
    return;
  }
  reader.newlines = 0;
  if (/^[ \t]$/u.test(symbol) && reader.column === reader.indentation) reader.indentation++;
  reader.column++;
}

function readMarks(reader: Reader, symbol: string): void {
  if (symbol === '"') reader.quoted = !reader.quoted;
  else if (symbol === '“' || symbol === '«') reader.quoted = true;
  else if (symbol === '”' || symbol === '»') reader.quoted = false;
  else if (/^[([{]$/u.test(symbol)) reader.brackets++;
  else if (/^[)\]}]$/u.test(symbol)) reader.brackets = Math.max(0, reader.brackets - 1);
}
