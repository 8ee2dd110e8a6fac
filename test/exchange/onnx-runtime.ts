import * as ort from 'onnxruntime-web';

// One thread, from the package's own files: nothing is downloaded.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** An ONNX file in ONNX Runtime. */
export class Runtime {
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  static async open(bytes: Uint8Array): Promise<Runtime> {
    return new Runtime(await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] }));
  }

  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  /** The logits [T][V] after each symbol of one text, or [1][V] of a classifier, `steps` symbols at a time, the state carried from run to run. */
  async logits(symbols: readonly number[], hidden: number, steps = symbols.length): Promise<number[][]> {
    const zeros = () => new ort.Tensor('float32', new Float32Array(hidden), [1, 1, hidden]);
    let states: [string, ort.Tensor][] = this.inputs
      .filter((name) => name !== 'symbols')
      .map((name) => [name, zeros()]);
    const rows: number[][] = [];
    for (let at = 0; at < symbols.length; at += steps) {
      const ids = BigInt64Array.from(symbols.slice(at, at + steps), BigInt);
      const outputs = await this.#session.run({
        symbols: new ort.Tensor('int64', ids, [ids.length, 1]),
        ...Object.fromEntries(states),
      });
      const { data, dims } = outputs.logits!;
      const width = dims.at(-1)!;
      const numbers = data as Float32Array;
      for (let row = 0; row < data.length / width; row++)
        rows.push([...numbers.subarray(row * width, (row + 1) * width)]);
      states = states.map(([name]) => [name, outputs[`${name}.next`] as ort.Tensor]);
    }
    return rows;
  }
}
