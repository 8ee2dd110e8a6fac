/** A file of WebAssembly, as the build for browsers imports it (build.ts): base64 of gzip of its bytes. */
declare module '*.wasm' {
  export const gzip: string;
}
