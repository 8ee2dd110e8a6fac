import type { Random } from '../../src/random.ts';

/** One of some things. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** Bytes with something done to them, once or a few times. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let count = pick(random, [1, 1, 1, 2, 4, 16]); count > 0; count--)
    result = pick(random, BYTE_MUTATIONS)(random, result);
  return result;
}

/** What may upset a reader of JSON, of numbers, of text, or of terminals. */
const TOKENS: readonly Buffer[] = [
  ...[
    '{"__proto__":',
    '"constructor":',
    '[',
    ']',
    '}',
    '"',
    '\\',
    ',',
    ':',
    'null',
    '-',
    '1e999',
    '-1',
    '0.5',
    '1e308',
  ],
  ...[
    '[['.repeat(200),
    '{"a":'.repeat(100),
    '9'.repeat(400),
    '\u0000',
    '\r\n',
    '\n\n\n',
    '\ufeff',
    '\u2028',
    '\u001b[2J',
  ],
  ...[
    '\u0301'.repeat(50),
    '👨‍👩‍👧‍👦',
    'a'.repeat(3000),
    '\n'.repeat(3000),
    '\\ud800',
    'version',
    'NaN',
    'Infinity',
    '\u009b',
  ],
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from([0xf4, 0x90, 0x80, 0x80]),
    Buffer.from([0xe2, 0x82]),
  ]);

type ByteMutation = (random: Random, bytes: Buffer) => Buffer<ArrayBuffer>;

const place = (random: Random, bytes: Buffer): number => random.integer(bytes.length + 1);

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  (random, bytes) => Buffer.from(bytes.subarray(0, place(random, bytes))),
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.integer(copy.length)]! ^= 1 << random.integer(8);
    return copy;
  },
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.integer(copy.length)] = random.integer(256);
    return copy;
  },
  (random, bytes) => {
    const at = place(random, bytes);
    return Buffer.concat([bytes.subarray(0, at), pick(random, TOKENS), bytes.subarray(at)]);
  },
  (random, bytes) => {
    const at = place(random, bytes);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(40))]);
  },
  (random, bytes) => {
    const [from, to] = [place(random, bytes), place(random, bytes)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random.integer(200)), bytes.subarray(to)]);
  },
];

/** Values that no place in a checkpoint expects, or only just. */
const VALUES: readonly (() => unknown)[] = [
  ...[
    null,
    true,
    -1,
    0,
    0.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 53),
    1e308,
    5e-324,
    '',
    '__proto__',
    '\u001b[2J\n',
    'a'.repeat(5000),
  ],
  ...[
    [],
    {},
    [[]],
    ['a'],
    [1, 2, 3],
    { a: 1 },
    [2 ** 31, 2 ** 31],
    'AAAA',
    'AADAfw==',
    '////',
    'lines',
    'stream',
    1e21,
  ],
].map((value) => () => structuredClone(value));

const deep = (): unknown => JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`);
const wide = (): unknown => Array.from({ length: 20_000 }, (_, i) => i % 7);
const manyKeys = (): unknown => Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i]));

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '\n',
  'data',
  'version',
  'tensors',
];

type Holder = Record<string, unknown>;

/** JSON text with something in its values or keys changed, once or a few times. */
export function mutateJson(random: Random, text: string): string {
  const root = { whole: JSON.parse(text) as unknown };
  for (let count = pick(random, [1, 1, 1, 2, 3]); count > 0; count--) mutateValue(random, root);
  return JSON.stringify(root.whole) ?? '';
}

function mutateValue(random: Random, root: Holder): void {
  const { holder, key } = drawPlace(random, root);
  const value = holder[key];
  switch (random.integer(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      // Of an array, JSON has none but its elements.
      if (!Array.isArray(holder)) define(holder, pick(random, KEYS), value);
      break;
    case 2:
      holder[key] = pick(random, [deep, wide, manyKeys])();
      break;
    case 3:
      if (typeof value === 'number') holder[key] = value + pick(random, [1, -1, 0.5, 1e6, -1e6]);
      else if (typeof value === 'string') holder[key] = value.slice(random.integer(value.length + 1));
      else if (Array.isArray(value)) holder[key] = [...value, ...value];
      break;
    case 4: {
      const other = drawPlace(random, root);
      holder[key] = structuredClone(other.holder[other.key]);
      break;
    }
    case 5:
      delete holder[key];
      define(holder, `${key}${pick(random, ['x', ' ', '\u0000'])}`, value);
      break;
    default:
      holder[key] = pick(random, VALUES)();
  }
}

/** As an own property, whatever it is called. */
function define(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder) && key === 'length') holder.length = 0;
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Somewhere in the value: each level is left or entered. */
function drawPlace(random: Random, root: Holder): { holder: Holder; key: string } {
  let holder = root;
  for (let key = 'whole'; ; ) {
    const inner = holder[key];
    const keys = typeof inner === 'object' && inner !== null ? Object.keys(inner) : [];
    if (keys.length === 0 || random.integer(4) === 0) return { holder, key };
    holder = inner as Holder;
    key = pick(random, keys);
  }
}
