import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { OutputAsset, OutputChunk, Plugin } from 'rolldown';

/** A file of WebAssembly becomes a module that exports it as base64 of gzip. */
export function packedKernels(): Plugin {
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
