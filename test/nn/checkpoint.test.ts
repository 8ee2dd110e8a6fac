import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT, UserError } from '../../src/errors.ts';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from '../../src/nn/checkpoint.ts';
import { linkCheckpoint, loadCheckpoint, saveCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { ACTIVATIONS, CELLS, type ModelConfig, RESETS } from '../../src/nn/config.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Random } from '../../src/random.ts';
import { SMALL } from '../helpers/network.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'checkpoint-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

let files = 0;
const freshPath = (): string => join(FOLDER, `${files++}.json`);

const configs: fc.Arbitrary<ModelConfig> = fc
  .record({
    cell: fc.constantFrom(...CELLS),
    activation: fc.constantFrom(...ACTIVATIONS),
    reset: fc.constantFrom(...RESETS),
    layers: fc.integer({ min: 1, max: 3 }),
    hidden: fc.integer({ min: 1, max: 6 }),
    embedding: fc.integer({ min: 0, max: 4 }),
    tied: fc.boolean(),
    members: fc.integer({ min: 1, max: 3 }),
    symbols: fc.integer({ min: 1, max: 6 }),
  })
  .map((config) => (config.tied ? { ...config, embedding: config.hidden } : config));

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

const tensorOf = (size: number): fc.Arbitrary<Float32Array> =>
  fc.array(finite, { minLength: size, maxLength: size }).map((numbers) => Float32Array.from(numbers));

/** A JSON value as it comes back from a file: without −0, and without the one name that the validator drops. */
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text));

const checkpoints: fc.Arbitrary<Checkpoint> = configs.chain((model) =>
  fc.record({
    model: fc.constant(model),
    vocabulary: json,
    run: json,
    parameters: tensorOf(new Manifest(model).size),
    resume: fc.option(
      fc.record({
        data: json,
        tensors: fc
          .dictionary(
            fc.stringMatching(/^[a-z.0-9]{1,8}$/u),
            fc.integer({ min: 0, max: 5 }).chain((size) => tensorOf(size)),
            { maxKeys: 3, noNullPrototype: true },
          )
          .map((tensors) => new Map(Object.entries(tensors))),
      }),
      { nil: undefined },
    ),
  }),
);

function sample(config: ModelConfig = SMALL): Checkpoint {
  const random = new Random(3);
  const parameters = Float32Array.from({ length: new Manifest(config).size }, () => random.next() - 0.5);
  const resume = { data: { best: 1.5, list: [1, 2] }, tensors: new Map([['moment.0', parameters.slice(0, 7)]]) };
  return {
    model: config,
    vocabulary: { symbols: ['a', 'b'] },
    run: { finishSteps: 0, origin: null, step: 3 },
    parameters,
    resume,
  };
}

const textOf = (checkpoint: Checkpoint): string => [...serializeCheckpoint(checkpoint)].join('');
const TEXT = textOf(sample());

/** Bits of the tensors, as −0 equals 0 for `toEqual` of numbers but not in a file. */
const bitsOf = ({ parameters, resume }: Checkpoint): Buffer[] =>
  [parameters, ...(resume?.tensors.values() ?? [])].map((tensor) => Buffer.from(tensor.slice().buffer));

/** The one line that a text is refused with. */
function refusal(text: string): string {
  let error: unknown;
  try {
    parseCheckpoint(text, 'file.json');
  } catch (thrown) {
    error = thrown;
  }
  return checked(error, 'file.json');
}

/** The message of an error that is as errors of this program are: for the user, in one line, with the file's name. */
function checked(error: unknown, name: string): string {
  expect(error).toBeInstanceOf(UserError);
  const { message, exitCode } = error as UserError;
  expect(exitCode).toBe(EXIT.failed);
  expect(message.startsWith(`${name}: `), message).toBe(true);
  expect(message).not.toMatch(/[\n\r\u2028\u2029]/u);
  expect(message.length).toBeLessThan(400);
  return message;
}

/** The sample's file with something changed in it. */
// biome-ignore lint/suspicious/noExplicitAny: it is to be damaged in any way
function changed(change: (file: any) => unknown): string {
  const file = JSON.parse(TEXT);
  change(file);
  return JSON.stringify(file);
}

/** Bytes of buffers that this process has more of after `work` than before. */
function allocated(work: () => void): number {
  const before = process.memoryUsage().arrayBuffers;
  work();
  return process.memoryUsage().arrayBuffers - before;
}

test('writing a large checkpoint takes no memory that grows with it', () => {
  const size = 4 << 20;
  const resume = { data: null, tensors: new Map([['moment', new Float32Array(size)]]) };
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (const _piece of serializeCheckpoint({ ...sample(), resume })) {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(size / 4);
});

describe('what is saved comes back', () => {
  test('as it was, to the bit, for every configuration', () => {
    fc.assert(
      fc.property(checkpoints, (checkpoint) => {
        const back = parseCheckpoint(textOf(checkpoint), 'file.json');
        expect(bitsOf(back)).toEqual(bitsOf(checkpoint));
        const { parameters: _, ...rest } = checkpoint;
        expect(back).toMatchObject(rest);
        expect(textOf(back)).toBe(textOf(checkpoint));
      }),
      { numRuns: 150 },
    );
  });

  test('through a file, in a folder that is made for it', () => {
    const path = join(FOLDER, 'a folder', 'within', 'model.json');
    saveCheckpoint(path, sample());
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
    expect(bitsOf(loadCheckpoint(path))).toEqual(bitsOf(sample()));
  });

  test('in the place of an old file, which who has it open reads to its end', () => {
    const path = freshPath();
    writeFileSync(path, 'the old file');
    const file = openSync(path, 'r');
    saveCheckpoint(path, sample());
    expect(readFileSync(file, 'utf8')).toBe('the old file');
    closeSync(file);
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
  });

  test('where numbers are at the edges of float32: −0, denormals, the largest', () => {
    const edges = [-0, 0, 2 ** -149, -(2 ** -149), 2 ** -126 - 2 ** -149, 2 ** -126, -(2 - 2 ** -23) * 2 ** 127, 1 / 3];
    const checkpoint = sample();
    checkpoint.parameters.set(edges);
    const back = parseCheckpoint(textOf(checkpoint), 'file.json').parameters;
    expect(bitsOf({ ...checkpoint, parameters: back })).toEqual(bitsOf(checkpoint));
    expect(Object.is(back[0], -0)).toBe(true);
    expect(back[2]).toBeGreaterThan(0);
  });

  test('from memory that threads share, and from a part of a buffer', () => {
    const { parameters, ...rest } = sample();
    const shared = new Float32Array(new SharedArrayBuffer(4 * (parameters.length + 5))).subarray(5);
    shared.set(parameters);
    expect(textOf({ ...rest, parameters: shared })).toBe(TEXT);
  });

  test('is JSON that other programs can read, as the format says', () => {
    const file = JSON.parse(TEXT);
    expect(Object.keys(file)).toEqual(['format', 'version', 'model', 'vocabulary', 'run', 'tensors', 'resume']);
    expect(file).toMatchObject({ format: 'charnn checkpoint', version: 5, model: SMALL });
    expect(Object.keys(file.tensors)).toEqual(new Manifest(SMALL).views.map(({ name }) => name));
    const { shape, dtype, data } = file.tensors['layers.0.bias'];
    expect({ shape, dtype }).toEqual({ shape: [20], dtype: 'float32' });
    const { offset } = new Manifest(SMALL).view('layers.0.bias');
    expect(Buffer.from(data, 'base64').readFloatLE(4 * 3)).toBe(sample().parameters[offset + 3]);
  });
});

describe('a checkpoint that can’t be saved', () => {
  const temporaries = (folder: string): string[] => readdirSync(folder).filter((name) => name.includes('.tmp'));

  function savingError(path: string, checkpoint: Checkpoint): string {
    try {
      saveCheckpoint(path, checkpoint);
    } catch (error) {
      return checked(error, path);
    }
    throw new Error('it was saved');
  }

  test.skipIf(process.platform === 'win32')('in the place of a private one keeps it private', () => {
    const path = freshPath();
    saveCheckpoint(path, sample());
    chmodSync(path, 0o600);
    saveCheckpoint(path, sample());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('calls `clear` when the new file is written, and the old one is still in its place', () => {
    const path = freshPath();
    saveCheckpoint(path, sample());
    const before = readFileSync(path, 'utf8');
    const seen: unknown[] = [];
    const clear = () => {
      const beside = readdirSync(dirname(path)).filter((name) => name.startsWith(`.${basename(path)}.`));
      seen.push(readFileSync(path, 'utf8') === before, beside.length);
    };
    saveCheckpoint(path, { ...sample(), run: { other: 1 } }, clear);
    expect(seen).toEqual([true, 1]);
    expect(readFileSync(path, 'utf8')).not.toBe(before);
  });

  test.skipIf(process.platform === 'win32')('as a second name in the place of a private one makes both private', () => {
    const [path, kept] = [freshPath(), freshPath()];
    for (const each of [path, kept]) saveCheckpoint(each, sample());
    chmodSync(path, 0o600);
    expect(linkCheckpoint(kept, path)).toBe(true);
    for (const each of [path, kept]) expect(statSync(each).mode & 0o777).toBe(0o600);
  });

  test('for it fails halfway leaves the old file as it was, and nothing beside it', () => {
    const path = join(FOLDER, 'halfway', 'model.json');
    saveCheckpoint(path, sample());
    const { parameters, ...rest } = sample();
    // Something that fails when half of the tensors are written.
    const failing = Object.assign(parameters.slice(), {
      subarray: (from: number, to: number) => {
        if (from > 100) throw new Error('no space left on device');
        return parameters.subarray(from, to);
      },
    });
    expect(savingError(path, { ...rest, parameters: failing })).toContain('no space left on device');
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
    expect(readdirSync(join(FOLDER, 'halfway'))).toEqual(['model.json']);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'for it holds %d, which no reader takes, leaves the old file as it was',
    (value) => {
      const path = freshPath();
      saveCheckpoint(path, sample());
      const broken = sample();
      broken.parameters[60] = value;
      expect(savingError(path, broken)).toContain(String(value));
      const brokenMoment = sample();
      brokenMoment.resume!.tensors.get('moment.0')![2] = value;
      expect(savingError(path, brokenMoment)).toContain('moment.0');
      expect(readFileSync(path, 'utf8')).toBe(TEXT);
      expect(temporaries(FOLDER)).toEqual([]);
    },
  );

  test('for its path is a folder, or leads through a file, is an error in a line', () => {
    const folder = join(FOLDER, 'a folder.json');
    mkdirSync(folder);
    savingError(folder, sample());
    expect(temporaries(FOLDER)).toEqual([]);
    const file = freshPath();
    writeFileSync(file, 'a file');
    savingError(join(file, 'model.json'), sample());
    expect(readFileSync(file, 'utf8')).toBe('a file');
  });

  test.skipIf(process.getuid?.() === 0)('for its folder can’t be written to is an error in a line', () => {
    const folder = join(FOLDER, 'locked');
    mkdirSync(folder, { mode: 0o500 });
    savingError(join(folder, 'model.json'), sample());
    chmodSync(folder, 0o700);
  });
});

describe('a file that isn’t a checkpoint is refused in a line:', () => {
  function loadingError(path: string): string {
    try {
      loadCheckpoint(path);
    } catch (error) {
      return checked(error, path);
    }
    throw new Error('it was loaded');
  }

  test('none at all', () => {
    expect(loadingError(freshPath())).toContain('rnn train');
  });

  test('a folder', () => {
    loadingError(FOLDER);
  });

  test('one too large to be read, without reading it', () => {
    const path = freshPath();
    writeFileSync(path, '');
    // A hole of a gigabyte takes no room.
    truncateSync(path, 2 ** 30);
    expect(statSync(path).size).toBe(2 ** 30);
    expect(allocated(() => loadingError(path))).toBeLessThan(2 ** 20);
  });

  test('a loop of links', () => {
    const path = freshPath();
    symlinkSync(path, path);
    loadingError(path);
  });

  test('one that isn’t text', () => {
    const path = freshPath();
    writeFileSync(path, Buffer.from([0xff, 0xfe, 0, 1, 2, 0x0a, 0x80]));
    loadingError(path);
  });

  test.each([
    '',
    ' ',
    'null',
    '[]',
    '7',
    '"text"',
    '{}',
    '{"format":"other"}',
    '{"format":"charnn checkpoint"}',
    '\u0000',
  ])('with the text %j', (text) => {
    refusal(text);
  });

  test.each([0, 6, 1.5, -1, 1e300, '1', null, [1], { a: 'b'.repeat(5000) }, '\n'.repeat(10)])(
    'of version %j',
    (version) => {
      expect(refusal(changed((file) => Object.assign(file, { version })))).toContain('version');
    },
  );

  test('cut off anywhere', () => {
    for (let length = 0; length < TEXT.length - 2; length += 1 + Math.floor(length / 40))
      refusal(TEXT.slice(0, length));
    for (let cut = 2; cut < 40; cut++) refusal(TEXT.slice(0, -cut));
  });

  test('but not of version 2, which had no ensembles', () => {
    const old = changed((file) => {
      file.version = 2;
      delete file.model.members;
    });
    expect(textOf(parseCheckpoint(old, 'old'))).toBe(TEXT);
  });

  test('with anything after its end', () => {
    refusal(`${TEXT}x`);
    refusal(TEXT + TEXT);
  });

  test('with bits flipped: refused, or read as another checkpoint, but never otherwise wrong', () => {
    const bytes = Buffer.from(TEXT);
    const flips = fc.array(fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (list) => {
        const damaged = Buffer.from(bytes);
        for (const { at, bit } of list) damaged[at]! ^= 1 << bit;
        readOrRefuse(damaged.toString());
      }),
      { numRuns: 2000 },
    );
  });

  test('with any value in any place', () => {
    const places = fc.constantFrom(...pathsOf(JSON.parse(TEXT)));
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0.5, 2 ** 53, 1e300, '__proto__', '\n', null));
    fc.assert(
      fc.property(places, values, (place, value) => {
        readOrRefuse(changed((file) => put(file, place, value)));
      }),
      { numRuns: 1000 },
    );
  });

  test('with any place left out', () => {
    const kept = new Set(['vocabulary', 'run', 'resume']); // may be anything, or nothing
    for (const place of pathsOf(JSON.parse(TEXT))) {
      if (kept.has(place[0]!) && place.length > (place[0] === 'resume' ? 2 : 1)) continue;
      if (['resume', 'model,tied', 'model,members'].includes(place.join())) continue; // not every file has them
      refusal(changed((file) => take(file, place)));
    }
  });

  test('with an output tied to embeddings of another width', () => {
    const tied = changed((file) => {
      file.model.tied = true;
      file.model.embedding = 3;
    });
    expect(refusal(tied)).toMatch(/damaged: model: tied needs embeddings as wide as a layer: embedding is 3, hidden 5/);
  });

  test('with more layers in all its members than a file has tensors for', () => {
    const vast = changed((file) => Object.assign(file.model, { layers: 8, members: 33 }));
    expect(refusal(vast)).toMatch(/damaged: model: 33 members of 8 layers have 264 layers, more than 256/);
  });

  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'line\nbreak', '', '\u2028'];

  test.each(names)('with a field called %j', (name) => {
    const field = `{${JSON.stringify(name)}: {"polluted": 1}, `;
    const places = ['{"format"', '{"cell"', '{"shape"'];
    for (const place of places) refusal(TEXT.replace(place, place.replace('{', field)));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each(names)('with a tensor called %j', (name) => {
    const tensor = JSON.stringify({ shape: [1], dtype: 'float32', data: 'AACAPw==' });
    for (const what of [tensor, '{"polluted": 1}']) {
      const text = TEXT.replace('"tensors": {', `"tensors": {${JSON.stringify(name)}: ${what},`);
      // The one name that the validator passes over, as if it weren't there.
      if (name === '__proto__') readOrRefuse(text);
      else refusal(text);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each(names)('with a tensor to resume called %j that is damaged', (name) => {
    const resume = `"resume": {"data": 1, "tensors": {${JSON.stringify(name)}: `;
    const before = TEXT.slice(0, TEXT.indexOf('"resume"'));
    for (const tensor of [
      { shape: [2], dtype: 'float32', data: 'AACAPw==' },
      { shape: [1], dtype: 'float32', data: '????????' },
      { shape: [1], dtype: 'float32', data: 'AADAfw==' },
      { polluted: 1 },
    ]) {
      const text = `${before}${resume}${JSON.stringify(tensor)}}}}`;
      if (name === '__proto__') readOrRefuse(text);
      else refusal(text);
    }
  });

  test('nested more deeply than any reader’s stack', () => {
    for (const place of ['vocabulary', 'run', 'tensors', 'model', 'format', 'version']) {
      const depth = 200_000;
      readOrRefuse(
        TEXT.replace(new RegExp(`"${place}": [^\n]*`, 'u'), `"${place}": ${'['.repeat(depth)}${']'.repeat(depth)},`),
      );
    }
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    readOrRefuse(TEXT.replace(/"data": \{"best"[^}]*\}/u, `"data": ${deep}`));
  });

  test.each([
    { what: 'a shape that isn’t the configuration’s', change: { shape: [7, 21] } },
    { what: 'a shape with the right product', change: { shape: [20, 7] } },
    { what: 'a shape of one dimension', change: { shape: [140] } },
    { what: 'no shape', change: { shape: [] } },
    { what: 'a shape with a fraction', change: { shape: [7, 20.5] } },
    { what: 'a negative shape', change: { shape: [-7, -20] } },
    { what: 'a huge shape', change: { shape: [2 ** 53 - 1, 2 ** 53 - 1] } },
    { what: 'nine dimensions', change: { shape: [1, 1, 1, 1, 1, 1, 1, 7, 20] } },
    { what: 'another type', change: { dtype: 'float64' } },
    { what: 'too few bytes', change: { data: 'AACAPw==' } },
    { what: 'no bytes', change: { data: '' } },
    { what: 'bytes that aren’t base64', change: { data: '!'.repeat(748) } },
    { what: 'base64 with a line break in it', change: { data: `\n${'A'.repeat(746)}=` } },
    { what: 'numbers for data', change: { data: [1, 2, 3] } },
    { what: 'NaN', change: { data: Buffer.from(new Float32Array(140).fill(Number.NaN).buffer).toString('base64') } },
    {
      what: 'infinity',
      change: { data: Buffer.from(new Float32Array(140).fill(-Infinity).buffer).toString('base64') },
    },
    { what: 'a field more', change: { offset: 3 } },
  ])('with a tensor of $what', ({ change }) => {
    refusal(changed((file) => Object.assign(file.tensors['layers.0.input'], change)));
  });

  test.each([
    { cell: 'transformer' },
    { activation: 'gelu' },
    { reset: 'never' },
    { layers: 0 },
    { layers: 65 },
    { layers: 1.5 },
    { hidden: 0 },
    { hidden: -5 },
    { hidden: 6 },
    { hidden: 1e9 },
    { hidden: '5' },
    { embedding: -1 },
    { embedding: 3 },
    { symbols: 0 },
    { symbols: 8 },
    { symbols: 1e300 },
    { dropout: 0.5 },
  ])('with a configuration of %j', (change) => {
    refusal(changed((file) => Object.assign(file.model, change)));
  });
});

describe('a configuration that asks for too much is refused before any memory is taken:', () => {
  const MEGABYTE = 2 ** 20;

  test('beyond any model', () => {
    const text = changed((file) => Object.assign(file.model, { hidden: 30_000, layers: 60 }));
    expect(allocated(() => refusal(text))).toBeLessThan(MEGABYTE);
  });

  test('within the bounds, and with all shapes right, but without the numbers', () => {
    const model = { ...SMALL, hidden: 10_000 };
    const tensors = Object.fromEntries(
      new Manifest(model).views.map(({ name, shape }) => [name, { shape, dtype: 'float32', data: 'AACAPw==' }]),
    );
    const text = changed((file) => Object.assign(file, { model, tensors }));
    expect(new Manifest(model).size).toBeLessThan(500_000_000);
    expect(allocated(() => refusal(text))).toBeLessThan(MEGABYTE);
  });

  test('a tensor to resume, too', () => {
    const text = changed((file) => Object.assign(file.resume.tensors['moment.0'], { shape: [2 ** 28] }));
    expect(allocated(() => refusal(text))).toBeLessThan(MEGABYTE);
  });
});

/** Either a checkpoint comes of it, or one line. */
function readOrRefuse(text: string): void {
  try {
    const { model, parameters } = parseCheckpoint(text, 'file.json');
    expect(parameters.length).toBe(new Manifest(model).size);
    expect(parameters.every(Number.isFinite)).toBe(true);
  } catch (error) {
    checked(error, 'file.json');
  }
}

type Place = readonly string[];

/** Every place in a JSON value, the whole aside. */
function pathsOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsOf(inner).map((path) => [key, ...path])]);
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
function put(value: any, [key, ...rest]: Place, replacement: unknown): void {
  if (rest.length === 0) value[key!] = replacement;
  else put(value[key!], rest, replacement);
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
function take(value: any, [key, ...rest]: Place): void {
  if (rest.length > 0) take(value[key!], rest);
  else if (Array.isArray(value)) value.splice(Number(key), 1);
  else delete value[key!];
}
