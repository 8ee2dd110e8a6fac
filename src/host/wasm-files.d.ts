/** The builds of the kernels for one thread, as the build for browsers imports them (build-plugins.ts). */
declare module '*.wasm' {
  /** Base64 of gzip of their blocks in turn: the first of each, the second of each, and on to the end of the longest. */
  export const gzip: string;
  /** The bytes of each build, and of a block. */
  export const sizes: readonly number[];
  export const block: number;
}
