import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { OutputAsset, OutputChunk, Plugin } from 'rolldown';

/** The builds of the kernels for one thread, in the order in which `host/kernels.browser.ts` tries them. */
const BUILDS = ['single.wasm', 'single-plain.wasm'];

/** How many bytes of one build follow so many of the other. Gzip finds what they have in common only where it is near. */
const BLOCK = 4096;

/** `single.wasm` becomes a module that exports both builds for one thread as base64 of gzip, their blocks in turn: together they take little more than one. */
export function packedKernels(): Plugin {
  return {
    name: 'packed-kernels',
    load: {
      filter: { id: /single\.wasm$/ },
      handler: (id) => {
        const builds = BUILDS.map((name) => readFileSync(join(dirname(id), name)));
        const sizes = builds.map(({ length }) => length);
        const starts = Array.from({ length: Math.ceil(Math.max(...sizes) / BLOCK) }, (_, index) => index * BLOCK);
        const blocks = starts.flatMap((start) => builds.map((bytes) => bytes.subarray(start, start + BLOCK)));
        const gzip = gzipSync(Buffer.concat(blocks), { level: 9 }).toString('base64');
        const code = Object.entries({ gzip, sizes, block: BLOCK })
          .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
          .join('\n');
        return { code, moduleType: 'js' };
      },
    },
  };
}

/**
 * What packages bring along and a page never uses, though its bundler can't know it: zod's conversion to JSON Schema, the other
 * generators of seedrandom, and the interpolation of colours behind a scale that only has its ticks asked for. Each function of these modules becomes one that does nothing.
 */
const UNUSED = /\/zod\/v4\/core\/(?:json-schema-processors|to-json-schema)\.js$|\/d3-interpolate\/|\/seedrandom\/lib\//;

export function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    load: {
      filter: { id: UNUSED },
      handler: (id) => {
        const text = readFileSync(id, 'utf8');
        const declared = [...text.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name!);
        const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names!.split(','));
        const names = [...declared, ...listed.map((name) => name.trim().split(' as ').at(-1)!)];
        return { code: names.map((name) => `export const ${name} = () => {};`).join('\n'), moduleType: 'js' };
      },
    },
  };
}

/** The curves of d3-shape that nobody draws are left out: the bundler is told that making one has no effect. */
export function withoutUnusedCurves(): Plugin {
  return {
    name: 'without-unused-curves',
    transform: {
      filter: { id: /\/d3-shape\/dist\/d3-shape\.mjs$/ },
      handler: (code) => code.replace(/^(var \w+ = )(?=\(function custom\()/gm, '$1/* @__PURE__ */ '),
    },
  };
}

/** A text file becomes a module that exports its text. */
export function textFiles(): Plugin {
  return {
    name: 'text-files',
    load: {
      filter: { id: /\.txt$/ },
      handler: (id) => ({ code: `export const text = ${JSON.stringify(readFileSync(id, 'utf8'))};`, moduleType: 'js' }),
    },
  };
}

/** Chunks have names that change with their contents: those of earlier builds would stay. */
export function cleanChunks(): Plugin {
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

export function lightStart(): Plugin {
  return {
    name: 'light-start',
    resolveId: (id) => (id in STAND_INS ? `stand-in:${id}` : null),
    load: (id) => STAND_INS[id.replace(/^stand-in:/, '')] ?? null,
  };
}

/** Writes the licences of the packages whose code the bundle has to a file of dist/. */
export function licences(fileName: string): Plugin {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      this.emitFile({ type: 'asset', fileName, source: licencesOf(Object.values(bundle)) });
    },
  };
}

/** The licences of the packages whose code is in these files. */
export function licencesOf(bundle: readonly (OutputChunk | OutputAsset)[]): string {
  const modules = bundle
    .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
    .filter((id) => !id.startsWith('\0')); // made by the bundler
  const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
  return [...new Set(folders)]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
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
