import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Plugin } from 'rolldown';
import { manPage } from './cli/man-page.ts';
import { COMMANDS } from './cli/registry.ts';

/** A file of WebAssembly becomes a module that exports it as base64 of gzip. */
function packedKernels(): Plugin {
  return {
    name: 'packed-kernels',
    load: {
      filter: { id: /\.wasm$/ },
      handler: (id) => {
        const gzip = gzipSync(readFileSync(id), { level: 9 }).toString('base64');
        return { code: `export const gzip = '${gzip}';`, moduleType: 'js' };
      },
    },
  };
}

/** Chunks have names that change with their contents: those of earlier builds would stay. */
function cleanChunks(): Plugin {
  return {
    name: 'clean-chunks',
    buildStart: () => rmSync('dist/chunks', { recursive: true, force: true }),
  };
}

/** What stands in for modules of Node that the packages import at their start, and that would make the command start later. */
const STAND_INS: Readonly<Record<string, string>> = {
  // An import of node:process reads every property of it, which opens the standard streams.
  'node:process': 'module.exports = globalThis.process;',
  // Commander would start commands that are programs of their own with it; there are none.
  'node:child_process': 'module.exports = {};',
};

function lightStart(): Plugin {
  return {
    name: 'light-start',
    resolveId: (id) => (id in STAND_INS ? `stand-in:${id}` : null),
    load: (id) => STAND_INS[id.replace(/^stand-in:/, '')] ?? null,
  };
}

/** Writes the licences of the packages whose code the bundle has to a file of dist/. */
function licences(fileName: string): Plugin {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle)
        .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
        .filter((id) => !id.startsWith('\0')); // made by the bundler
      const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
      const texts = [...new Set(folders)].sort().map(licenceOf);
      this.emitFile({ type: 'asset', fileName, source: texts.join(`\n${'-'.repeat(80)}\n\n`) });
    },
  };
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license: string;
  };
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : license;
  return `${name} ${version}\n\n${text}\n`;
}

/**
 * Builds dist/: the program with the packages that it stands on, in few files, since Node takes longer to find many files than to read
 * few. Entries are the command, the library, and the modules that worker threads import by their URL. Everything else lies in
 * dist/chunks: a module that names a file of dist by its URL (`new URL('../../dist/…', import.meta.url)`) finds it from src, from its
 * entry and from a chunk, since all of them lie two levels below the root.
 */
const program: BuildOptions = {
  input: {
    'cli/main': 'src/cli/main.ts',
    index: 'src/index.ts',
    'kernel/worker': 'src/kernel/worker.ts',
    'kernel/peak': 'src/kernel/peak.ts',
    'training/program': 'src/training/program.ts',
    // For tests of threads in a process of their own; not in the package.
    'test/threads': 'test/helpers/threads.ts',
  },
  platform: 'node',
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: true, annotation: false, jsdoc: false },
    // What a command loads to show its help or to read its options lies in as few chunks as it can.
    codeSplitting: {
      groups: [
        {
          name: 'start',
          test: /\/node_modules\/commander\/|\/src\/(errors|cli\/(program|text|wrap)|library\/words)\.ts$/,
        },
        {
          name: 'options',
          test: /\/node_modules\/(zod|chalk)\/|\/src\/(schema|training\/place|library\/place|cli\/(command|flags|output|shared|spellings))\.ts$/,
        },
        {
          name: 'recipe',
          test: /\/src\/(nn\/(config|dropout)|training\/recipe|text\/options|library\/run-options)\.ts$/,
        },
        { name: 'completion-options', test: /\/src\/(library\/completion-|decoding\/)options\.ts$/ },
        { name: 'lines', test: /\/src\/(library\/lines|text\/sources)\.ts$/ },
        { name: 'model', test: /\/src\/library\/language-model\.ts$/ },
      ],
    },
  },
  plugins: [cleanChunks(), lightStart(), licences('LICENCES.txt')],
};

/**
 * The library for pages, in one file: nothing of Node is in it, because the condition `browser` chooses the other form of what depends on the host
 * (package.json, "imports"), and its kernels are.
 */
const browser: BuildOptions = {
  input: { browser: 'src/browser/index.ts' },
  platform: 'browser',
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    codeSplitting: false,
    minify: true,
    comments: { legal: true, annotation: false, jsdoc: false },
  },
  plugins: [packedKernels(), licences('LICENCES-browser.txt')],
};

// Without the sizes of all files, which would hide a warning.
for (const options of [program, browser]) await build({ ...options, logLevel: 'warn' });
writeFileSync('dist/rnn.1', await manPage(COMMANDS));
