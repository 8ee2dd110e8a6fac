import { writeFileSync } from 'node:fs';
import { type BuildOptions, build } from 'rolldown';
import { cleanChunks, licences, lightStart, packedKernels } from './build-plugins.ts';
import { manPage } from './cli/man-page.ts';
import { COMMANDS } from './cli/registry.ts';
import { buildPage } from './pages/build.ts';

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
          test: /\/node_modules\/commander\/|\/src\/(counts|errors|cli\/(program|text|wrap)|library\/words)\.ts$/,
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
await buildPage('model', 'A model of characters');
await buildPage('playground', 'Playground: train a recurrent network');
