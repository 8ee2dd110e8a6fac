import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** What a layer may import that looks into models, or writes them in other forms. */
const ON_MODELS = [
  'host',
  'training',
  'decoding',
  'nn',
  'text',
  'kernel',
  'counts.ts',
  'errors.ts',
  'random.ts',
  'schema.ts',
  'pair-task.ts',
  'checkpoint-format.ts',
];

/**
 * The layer rule: what each layer may import of the others. Imports of types and dynamic imports count. The leaves counts.ts, errors.ts,
 * random.ts, schema.ts, pair-task.ts and checkpoint-format.ts import at most each other, and host nothing; cli, pages and index.ts are the top. cli stands on library and
 * insight, which hide the layers below them.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'counts.ts': [],
  'errors.ts': [],
  'random.ts': [],
  'schema.ts': ['errors.ts'],
  'pair-task.ts': [],
  'checkpoint-format.ts': [],
  host: [],
  text: ['host', 'counts.ts', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts', 'checkpoint-format.ts'],
  kernel: ['host', 'errors.ts', 'schema.ts'],
  nn: ['host', 'kernel', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts', 'checkpoint-format.ts'],
  training: ['host', 'nn', 'text', 'kernel', 'counts.ts', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  decoding: ['host', 'nn', 'text', 'kernel', 'counts.ts', 'errors.ts', 'random.ts', 'schema.ts', 'pair-task.ts'],
  exchange: ON_MODELS,
  insight: ON_MODELS,
  library: ['insight', 'exchange', ...ON_MODELS],
  browser: [
    'library',
    'insight',
    'training',
    'decoding',
    'nn',
    'text',
    'host',
    'errors.ts',
    'random.ts',
    'schema.ts',
    'pair-task.ts',
  ],
  pages: [
    'browser',
    'library',
    'insight',
    'exchange',
    'training',
    'decoding',
    'nn',
    'text',
    'host',
    'counts.ts',
    'errors.ts',
  ],
  cli: ['library', 'insight', 'counts.ts', 'errors.ts', 'schema.ts'],
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

/** The build, which is no part of the program. */
const BUILD = ['build.ts', 'build-plugins.ts', 'pages/build.ts'];

/** The pages that the build makes: folders of src/pages, and the packages that draw in them. */
const PAGES = [
  { page: 'model', drawing: [] },
  { page: 'playground', drawing: ['d3-scale', 'd3-shape'] },
];

/** Shows a command to type. */
const COMMANDS_IN_PAGES = ['pages/playground/command-line.ts'];

/** Packages that paint, draw or read flags. */
const TERMINAL_PACKAGES = ['chalk', 'commander', 'cli-progress', 'simple-ascii-chart', 'string-width'];

/** Uses of the process below cli: a thread tells the others of its own end, and a lock asks whether a process is alive. */
const ALLOWED = ['kernel/worker.ts uses process.once', 'library/lock.ts uses process.kill'];

/** The only flags below cli: those of V8, which the kernels need, and one of Node, which forbids them. */
const NODE_FLAGS = [
  'host/kernels.node.ts spells --jitless',
  'host/v8-flags.ts spells --experimental-wasm-relaxed-simd',
  'host/v8-flags.ts spells --experimental-wasm-revectorize',
  'host/v8-flags.ts spells --no-liftoff',
  'host/v8-flags.ts spells --no-wasm-inlining',
  'host/v8-flags.ts spells --no-wasm-lazy-compilation',
  'host/v8-flags.ts spells --wasm-revectorize',
];

/** Modules that lead to all others with which models compute. */
const COMPUTING = ['nn/network.ts', 'nn/manifest.ts', 'kernel/engine.ts', 'kernel/wasm.ts'];

/** A flag. The variables of style sheets, `--ink:` and `var(--ink)`, are none. */
const FLAG = /(?<![\w-])--[a-z][\w-]*\w(?![\w:)-])/gu;

/** What stands for an import on Node, and in a build for browsers. */
const HOST_IMPORTS = Object.entries(
  (
    JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as {
      imports: Record<string, { default: string; browser: string }>;
    }
  ).imports,
);

interface Source {
  /** From src, as "nn/lstm.ts". */
  readonly path: string;
  readonly layer: string;
  /** Without comments. */
  readonly code: string;
  /** Statically imported or re-exported, types too: paths from src, or the names of packages. What depends on the host has its path in Node. */
  readonly imports: readonly string[];
  /** Those of `imports` that are there when the program runs: types are erased. */
  readonly values: readonly string[];
  /** Loaded by `import()`. */
  readonly loads: readonly string[];
}

const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  // AssemblyScript is a program of its own, without imports from here.
  .filter((path) => path.endsWith('.ts') && !path.startsWith('kernel/assembly/') && !BUILD.includes(path))
  .sort()
  .map(readSource);

function readSource(path: string): Source {
  const code = readFileSync(join(SRC, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gmu, '');
  const resolve = (from: string) => {
    if (from.startsWith('#')) return formsOf(from).node;
    return from.startsWith('.') ? relative(SRC, join(SRC, dirname(path), from)) : from;
  };
  const statics = [
    ...code.matchAll(/^\s*(?:import|export)\s(?<type>type\s)?(?:[^;'"]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gmu),
  ];
  const loads = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/gu);
  return {
    path,
    layer: layerOf(path),
    code,
    imports: statics.map(([, , from]) => resolve(from!)),
    values: statics.filter(({ groups }) => !groups?.type).map(([, , from]) => resolve(from!)),
    loads: [...loads].map(([, from]) => resolve(from!)),
  };
}

/** The texts in quotes of a program. */
function texts(code: string): string[] {
  return code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gu) ?? [];
}

/** The files that stand for an import whose name begins with `#`, by package.json. */
function formsOf(name: string): { node: string; browser: string } {
  const [key, forms] = HOST_IMPORTS.find(([each]) => name.startsWith(each.replace('*', '')))!;
  const fill = (path: string) => path.replace(/^\.\/src\//u, '').replace('*', name.slice(key.indexOf('*')));
  return { node: fill(forms.default), browser: fill(forms.browser) };
}

/** What a build for browsers takes in the place of a file. */
function inBrowsers(path: string): string {
  const forms = HOST_IMPORTS.map(([name]) => formsOf(name)).find(({ node }) => node === path);
  return forms?.browser ?? path.replace(/\.node\.ts$/u, '.browser.ts');
}

/** What a build for browsers takes from an entry down: files, and the names of packages. */
function reachedInBrowsers(entry: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    const { values = [], loads = [] } = BY_PATH.get(path) ?? {};
    for (const from of [...values, ...loads]) visit(inBrowsers(from));
  };
  visit(entry);
  return reached;
}

function layerOf(path: string): string {
  return path.split('/')[0]!;
}

const BY_PATH = new Map(SOURCES.map((source) => [source.path, source]));

/** What is read when files are imported: their values, and so on. */
function readWith(paths: readonly string[]): ReadonlySet<string> {
  const read = new Set(paths);
  // A set's iterator reaches what is added meanwhile.
  for (const path of read) {
    for (const value of SOURCES.find((source) => source.path === path)?.values ?? []) read.add(value);
  }
  return read;
}

describe('the layers', () => {
  test('are all there, and every file is in one', () => {
    const layers = new Set(SOURCES.map(({ layer }) => layer));
    for (const layer of layers) expect(Object.keys(MAY_IMPORT)).toContain(layer);
    for (const layer of [
      'host',
      'text',
      'kernel',
      'nn',
      'training',
      'decoding',
      'insight',
      'exchange',
      'library',
      'browser',
      'pages',
      'cli',
    ])
      expect(layers).toContain(layer);
  });

  test.each(['browser', 'exchange', 'kernel', 'pages', 'training'])('have each file of %s in its README', (folder) => {
    const readme = readFileSync(join(SRC, folder, 'README.md'), 'utf8');
    const inside = SOURCES.filter(({ path }) => path.startsWith(`${folder}/`) && !path.startsWith('kernel/assembly/'));
    expect(inside.length).toBeGreaterThan(5);
    expect(inside.filter(({ path }) => !readme.includes(`\`${basename(path)}\``)).map(({ path }) => path)).toEqual([]);
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

  test.each([
    { entry: 'browser/index.ts', packages: ['seedrandom', 'zod'] },
    ...PAGES.map(({ page }) => ({ entry: `pages/${page}/worker.ts`, packages: ['seedrandom', 'zod'] })),
    ...PAGES.map(({ page, drawing }) => ({ entry: `pages/${page}/app.ts`, packages: drawing })),
    { entry: 'pages/start.ts', packages: [] },
  ])(
    'let browsers have nothing of Node, neither its modules nor its globals, from $entry down',
    ({ entry, packages }) => {
      const reached = reachedInBrowsers(entry);
      expect([...reached].filter((path) => !/\.(?:ts|wasm|txt)$/u.test(path)).sort()).toEqual(packages);
      const globals = [...reached].flatMap((path) =>
        (
          BY_PATH.get(path)?.code.match(/\b(?:process|Buffer|setImmediate|require|__dirname|import\.meta)\b/gu) ?? []
        ).map((name) => `${path} uses ${name}`),
      );
      expect(globals).toEqual([]);
    },
  );

  test('let browsers have all that computes: the walk goes through it', () => {
    const reached = reachedInBrowsers('browser/index.ts');
    for (const path of ['kernel/wasm.ts', 'nn/model.ts', 'decoding/search.ts', 'training/step.ts'])
      expect(reached).toContain(path);
  });

  test('give browsers what they give Node: each file of the host has two forms with the same exports', () => {
    const exported = (path: string) =>
      [...BY_PATH.get(path)!.code.matchAll(/^export (?:async )?(?:const|function) (\w+)/gmu)].map(([, name]) => name);
    const forms = SOURCES.map(({ path }) => path).filter((path) => path.endsWith('.node.ts'));
    expect(forms.length).toBeGreaterThan(4);
    for (const path of forms) expect(exported(inBrowsers(path)), path).toEqual(expect.arrayContaining(exported(path)));
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

  test('let each command read its options and show its help without what computes with models', () => {
    const commands = SOURCES.map(({ path }) => path).filter((path) => path.startsWith('cli/commands/'));
    const computing = [...readWith(commands)].filter((path) => COMPUTING.includes(path));
    expect(computing).toEqual([]);
    // Measuring the width of a text needs tables that take longer to make than all options.
    const drawing = ['cli/commands/train.ts', 'cli/commands/sample.ts', 'cli/commands/score.ts', 'cli/main.ts'];
    expect([...readWith(drawing)]).not.toContain('string-width');
  });

  test('but cli name options by their keys: no text of theirs spells a flag', () => {
    const spelled = SOURCES.filter(({ layer, path }) => layer !== 'cli' && !COMMANDS_IN_PAGES.includes(path)).flatMap(
      ({ path, code }) =>
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
