import * as ort from 'onnxruntime-web';

// One thread, from the package's own files: nothing is downloaded.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

type Values = Readonly<Record<string, ort.Tensor>>;

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

  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  /** All outputs for symbols of one text, or of several side by side, that are equally long. */
  async run(texts: readonly (readonly number[])[], values: Values = {}): Promise<Values> {
    const steps = texts[0]!.length;
    const ids = Array.from({ length: steps }, (_, step) => texts.map((text) => BigInt(text[step]!))).flat();
    const symbols = new ort.Tensor('int64', BigInt64Array.from(ids), [steps, texts.length]);
    return this.#session.run({ symbols, ...values });
  }

  /** The logits [T][V] after each symbol of one text, or [1][V] of a classifier, `steps` symbols at a time, the state carried from run to run. */
  async logits(symbols: readonly number[], hidden: number, steps = symbols.length): Promise<number[][]> {
    const zeros = () => new ort.Tensor('float32', new Float32Array(hidden), [1, 1, hidden]);
    const states = this.inputs.filter((name) => name !== 'symbols').map((name) => [name, zeros()]);
    return this.logitsFrom(Object.fromEntries(states), symbols, steps);
  }

  /** The same, from what is given for the other inputs. */
  async logitsFrom(values: Values, symbols: readonly number[], steps = symbols.length): Promise<number[][]> {
    const rows: number[][] = [];
    let given = values;
    for (let at = 0; at < symbols.length; at += steps) {
      const outputs = await this.run([symbols.slice(at, at + steps)], given);
      rows.push(...rowsOf(outputs.logits!));
      given = { ...given, ...nextStates(outputs) };
    }
    return rows;
  }
}

/** Both graphs of a transducer in ONNX Runtime. */
export class TransducerRuntime {
  readonly encoder: Runtime;
  readonly decoder: Runtime;

  private constructor(encoder: Runtime, decoder: Runtime) {
    this.encoder = encoder;
    this.decoder = decoder;
  }

  static async open(files: { readonly encoder: Uint8Array; readonly decoder: Uint8Array }): Promise<TransducerRuntime> {
    return new TransducerRuntime(await Runtime.open(files.encoder), await Runtime.open(files.decoder));
  }

  /** The logits [T][V] after each symbol of a target, which is read `steps` symbols at a time. */
  async logits(source: readonly number[], target: readonly number[], steps = target.length): Promise<number[][]> {
    return this.decoder.logitsFrom(await this.encoder.run([source]), target, steps);
  }

  /** The likeliest symbol after each one, from `<stop>` (0) to `<stop>`, which is left out, or to `most` symbols. */
  async greedy(source: readonly number[], most: number): Promise<number[]> {
    let values = await this.encoder.run([source]);
    const target: number[] = [];
    while (target.length < most) {
      const outputs = await this.decoder.run([[target.at(-1) ?? 0]], values);
      const [logits = []] = rowsOf(outputs.logits!);
      const best = logits.indexOf(Math.max(...logits));
      if (best === 0) break;
      target.push(best);
      values = { ...values, ...nextStates(outputs) };
    }
    return target;
  }
}

/** The rows of a tensor's last dimension. */
export function rowsOf({ data, dims }: ort.Tensor): number[][] {
  const width = dims.at(-1)!;
  const numbers = data as Float32Array;
  return Array.from({ length: numbers.length / width }, (_, row) => [
    ...numbers.subarray(row * width, (row + 1) * width),
  ]);
}

/** The states after the last step, by the names that they have as inputs. */
function nextStates(outputs: Values): Values {
  const states = Object.entries(outputs).filter(([name]) => name.endsWith('.next'));
  return Object.fromEntries(states.map(([name, value]) => [name.slice(0, -'.next'.length), value]));
}
