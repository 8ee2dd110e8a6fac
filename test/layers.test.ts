import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/**
 * The layer rule: what each layer may import of the others. Imports of types and dynamic imports count. The leaves errors.ts, random.ts,
 * schema.ts and pair-task.ts import at most each other; cli and index.ts are the top. cli stands on library and insight, which hide the layers
 * below them.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'random.ts': [],
  'schema.ts': ['errors.ts'],
  'pair-task.ts': [],
  text: ['errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  kernel: ['errors.ts', 'schema.ts'],
  nn: ['kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  training: ['nn', 'text', 'kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  decoding: ['nn', 'text', 'kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  exchange: ['training', 'decoding', 'nn', 'text', 'kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  insight: ['training', 'decoding', 'nn', 'text', 'kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  library: [
    'insight',
    'exchange',
    'training',
    'decoding',
    'nn',
    'text',
    'kernel',
    'errors.ts',
    'random.ts',
    'schema.ts',
    'pair-task.ts',
  ],
  cli: ['library', 'insight', 'errors.ts', 'schema.ts'],
  'index.ts': [
    'library',
    'insight',
    'exchange',
    'training',
    'decoding',
    'nn',
    'text',
    'kernel',
    'errors.ts',
    'random.ts',
  ],
};

/** Packages that paint, draw or read flags. */
const TERMINAL_PACKAGES = ['chalk', 'commander', 'cli-progress', 'simple-ascii-chart', 'string-width'];

/** Uses of the process below cli: a thread tells the others of its own end, and a lock asks whether a process is alive. */
const ALLOWED = ['kernel/worker.ts uses process.once', 'library/lock.ts uses process.kill'];

/** The only flags below cli: those of V8, which the kernels need, and one of Node, which forbids them. */
const NODE_FLAGS = [
  'kernel/flags.ts spells --experimental-wasm-relaxed-simd',
  'kernel/flags.ts spells --experimental-wasm-revectorize',
  'kernel/flags.ts spells --no-liftoff',
  'kernel/flags.ts spells --no-wasm-inlining',
  'kernel/flags.ts spells --no-wasm-lazy-compilation',
  'kernel/flags.ts spells --wasm-revectorize',
  'kernel/module.ts spells --jitless',
];

/** A flag. The variables of style sheets, `--ink:` and `var(--ink)`, are none. */
const FLAG = /(?<![\w-])--[a-z][\w-]*\w(?![\w:)-])/gu;

interface Source {
  /** From src, as "nn/lstm.ts". */
  readonly path: string;
  readonly layer: string;
  /** Without comments. */
  readonly code: string;
  /** Statically imported or re-exported, types too: paths from src, or the names of packages. */
  readonly imports: readonly string[];
  /** Loaded by `import()`. */
  readonly loads: readonly string[];
}

const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  // AssemblyScript is a program of its own, without imports from here. The build's configuration is no part of the program.
  .filter((path) => path.endsWith('.ts') && !path.startsWith('kernel/assembly/') && path !== 'build.ts')
  .sort()
  .map(readSource);

function readSource(path: string): Source {
  const code = readFileSync(join(SRC, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gmu, '');
  const resolve = (from: string) => (from.startsWith('.') ? relative(SRC, join(SRC, dirname(path), from)) : from);
  const statics = code.matchAll(/^\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gmu);
  const loads = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/gu);
  return {
    path,
    layer: layerOf(path),
    code,
    imports: [...statics].map(([, from]) => resolve(from!)),
    loads: [...loads].map(([, from]) => resolve(from!)),
  };
}

/** The texts in quotes of a program. */
function texts(code: string): string[] {
  return code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gu) ?? [];
}

function layerOf(path: string): string {
  return path.split('/')[0]!;
}

const BY_PATH = new Map(SOURCES.map((source) => [source.path, source]));

describe('the layers', () => {
  test('are all there, and every file is in one', () => {
    const layers = new Set(SOURCES.map(({ layer }) => layer));
    for (const layer of layers) expect(Object.keys(MAY_IMPORT)).toContain(layer);
    for (const layer of ['text', 'kernel', 'nn', 'training', 'decoding', 'insight', 'exchange', 'library', 'cli'])
      expect(layers).toContain(layer);
  });

  test('are read as they are written: every import statement, over several lines too, and every file it names', () => {
    for (const { path, code, imports, loads } of SOURCES) {
      expect(imports.length, path).toBe([...code.matchAll(/\bfrom\s+['"]|^import\s+['"]/gmu)].length);
      for (const from of [...imports, ...loads]) {
        if (from.includes('.ts')) expect(BY_PATH.has(from), `${path} imports ${from}`).toBe(true);
      }
    }
    expect(BY_PATH.get('training/run.ts')?.imports).toContain('kernel/engine.ts');
    expect(BY_PATH.get('cli/registry.ts')?.loads).toContain('cli/commands/train.ts');
  });

  test('import one way only', () => {
    const wrong = SOURCES.flatMap(({ path, layer, imports, loads }) =>
      [...imports, ...loads]
        .filter((from) => from.endsWith('.ts'))
        .filter((from) => layerOf(from) !== layer && !MAY_IMPORT[layer]?.includes(layerOf(from)))
        .map((from) => `${path} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  test('have no cycle of imports, dynamic ones counted', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, above: readonly string[]): void => {
      if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(' → '));
      if (above.includes(path) || done.has(path)) return;
      const { imports = [], loads = [] } = BY_PATH.get(path) ?? {};
      // A module may name itself, as a program that its own workers are to import.
      for (const from of [...imports, ...loads]) if (from !== path) visit(from, [...above, path]);
      done.add(path);
    };
    for (const { path } of SOURCES) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test('but cli write nothing, end nothing, paint nothing and read no flags', () => {
    const wrong = SOURCES.filter(({ layer }) => layer !== 'cli').flatMap(({ path, code, imports, loads }) => [
      ...[...code.matchAll(/\bconsole\b|\bprocess\s*\.\s*(?:stdout|stderr|exit\w*|argv\w*|abort|kill|on|once)\b/gu)]
        .filter(([use]) => !ALLOWED.includes(`${path} uses ${use}`))
        .map(([use]) => `${path} uses ${use}`),
      ...[...imports, ...loads]
        .filter((from) => TERMINAL_PACKAGES.includes(from) || /^node:(?:process|console|readline|tty)\b/u.test(from))
        .map((from) => `${path} imports ${from}`),
    ]);
    expect(wrong).toEqual([]);
  });

  test('but cli name options by their keys: no text of theirs spells a flag', () => {
    const spelled = SOURCES.filter(({ layer }) => layer !== 'cli').flatMap(({ path, code }) =>
      texts(code)
        .flatMap((text) => text.match(FLAG) ?? [])
        .map((flag) => `${path} spells ${flag}`),
    );
    expect([...new Set(spelled)].sort()).toEqual(NODE_FLAGS);
  });

  test('export nothing by default', () => {
    const wrong = SOURCES.filter(({ code }) => /\bexport\s+default\b|\bas\s+default\b/u.test(code)).map(
      ({ path }) => path,
    );
    expect(wrong).toEqual([]);
  });
});
