/** A file of WebAssembly, as the build for browsers imports it (rolldown.config.ts): base64 of gzip of its bytes. */
declare module '*.wasm' {
  export const gzip: string;
}
