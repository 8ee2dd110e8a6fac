/**
 * Measures the WebAssembly kernels on the shapes that training has. Products are given in GFLOPS and as a share of the bare
 * micro-kernel's speed; the two are measured in turn. All other functions are given in nanoseconds a number. Figures are medians.
 *
 *   npm run bench:kernels -- [wasm128|wasm256] [part of a label]
 */

import { load } from '../../src/host/kernels.node.ts';
import { Arena } from '../../src/kernel/arena.ts';
import { type Address, type Kernels, packedSize } from '../../src/kernel/contract.ts';
import { createMemory, SCRATCH_FLOATS, wasmKernels } from '../../src/kernel/wasm.ts';

const FLOATS = 24 << 20;
/** The number of rounds that a median is taken of, and the least time of a round. */
const ROUNDS = 15;
const ROUND_MS = 4;

const { module } = load();
if (!module) throw new Error('this Node cannot run the WebAssembly kernels');
const arena = new Arena();
const scratch = arena.float(SCRATCH_FLOATS);
const start = arena.float(FLOATS);
const memory = createMemory(arena.bytes);

const [, , asked, part = ''] = process.argv;
for (const name of ['wasm256', 'wasm128'] as const) {
  if (asked && asked !== name) continue;
  const kernels = wasmKernels(name, module, memory, scratch);
  for (let i = 0; i < FLOATS; i++) kernels.floats[start + i] = ((i % 1000) - 500) * 1e-3;
  console.log(`${process.version} ${name}: bare micro-kernel ${median(() => bare(kernels)).toFixed(1)} GFLOPS`);
  products(kernels);
  rest(kernels);
}

function products(kernels: Kernels): void {
  const report = (label: string, flops: number, run: () => void) => {
    if (!label.includes(part)) return;
    const [speed, peak] = pairedMedians(
      () => flops / time(run) / 1e6,
      () => bare(kernels),
    );
    console.log(`  ${label.padEnd(58)} ${speed.toFixed(1).padStart(6)} GFLOPS ${percent(speed / peak)}`);
  };
  // Every call has a C and an A of its own, like the time steps of a window; B is the same for all.
  for (const [label, m, n, k, strideC] of [
    ['LSTM 128 forward', 25, 512, 128, 512],
    ['LSTM 128 forward', 50, 512, 128, 512],
    ['LSTM 128 backward', 25, 128, 512, 128],
    ['LSTM 128 backward', 50, 128, 512, 128],
    ['LSTM 512 forward', 25, 2048, 512, 2048],
    ['LSTM 512 forward', 50, 2048, 512, 2048],
    ['LSTM 512 backward', 25, 512, 2048, 512],
    ['LSTM 512 backward', 50, 512, 2048, 512],
    ['GRU 128 r, z', 25, 256, 128, 384],
    ['GRU 128 n', 25, 128, 128, 384],
    ['output 128', 25, 65, 128, 65],
    ['output 128', 50, 65, 128, 65],
    ['output 512', 50, 65, 512, 65],
    ['output 128 backward', 50, 128, 65, 128],
    ['output 512 backward', 50, 512, 65, 512],
    ['all steps of a layer 128', 1250, 512, 128, 512],
    ['all steps of a layer 512', 1250, 2048, 512, 2048],
    ['sampling 128', 1, 512, 128, 512],
    ['sampling 512', 1, 2048, 512, 2048],
    ['beam 10 of 128', 10, 512, 128, 512],
    ['beam 10 of 512', 10, 2048, 512, 2048],
    ['batch 100 of 128', 100, 512, 128, 512],
    ['rows 2', 2, 512, 128, 512],
    ['rows 3', 3, 512, 128, 512],
    ['rows 7', 7, 512, 128, 512],
  ] as const) {
    const packed = start;
    const pool = start + packedSize(k, n);
    const [sizeC, sizeA] = [m * strideC, m * k];
    const copies = Math.max(1, Math.min(50, Math.floor(2_000_000 / (sizeC + sizeA))));
    let copy = 0;
    const gigabytes = m === 1 ? ' (GB/s of B: half of it × 4)' : '';
    report(`multiply m=${m} n=${n} k=${k}: ${label}${gigabytes}`, 2 * m * n * k, () => {
      copy = (copy + 1) % copies;
      const c = pool + copy * (sizeC + sizeA);
      kernels.multiply(c, c, c + sizeC, packed, m, n, k, strideC, strideC, k);
    });
  }
  for (const [label, m, n, strideB] of [
    ['LSTM 128, all columns', 128, 512, 512],
    ['LSTM 128, half of them', 128, 256, 512],
    ['LSTM 128, strip', 128, 64, 512],
    ['LSTM 128, strip', 128, 32, 512],
    ['LSTM 512, all columns', 512, 2048, 2048],
    ['LSTM 512, half of them', 512, 1024, 2048],
    ['LSTM 512, strip', 512, 64, 2048],
    ['LSTM 512, strip', 512, 32, 2048],
    ['LSTM 512, quarter of rows', 128, 2048, 2048],
    ['output 128', 128, 65, 65],
    ['output 512', 512, 65, 65],
    ['GRU 128', 128, 256, 384],
  ] as const) {
    const k = 2500;
    const [c, a, b] = [start, start + m * strideB, start + m * strideB + k * m];
    report(`multiplyTransposed m=${m} n=${n} k=${k}: ${label}`, 2 * m * n * k, () =>
      kernels.multiplyTransposed(c, a, b, m, n, k, strideB, m, strideB),
    );
  }
}

function rest(kernels: Kernels): void {
  const report = (label: string, elements: number, run: () => void) => {
    if (!label.includes(part)) return;
    const [ns, peak] = pairedMedians(
      () => (time(run) * 1e6) / elements,
      () => bare(kernels),
    );
    console.log(`  ${label.padEnd(58)} ${ns.toFixed(3).padStart(6)} ns (bare ${peak.toFixed(0)} GFLOPS)`);
  };
  const at = (block: number): Address => start + block * 500_000;
  for (const hidden of [128, 100, 512]) {
    const units = 25 * hidden;
    const label = `, 25 × ${hidden}, a unit`;
    report(`lstmForward${label}`, units, () => kernels.lstmForward(at(0), at(1), at(3), at(4), 25, hidden));
    report(`lstmBackward${label}`, units, () => kernels.lstmBackward(at(3), at(1), at(0), at(2), at(4), 25, hidden));
    report(`gruResetForward${label}`, units, () => kernels.gruResetForward(at(0), at(1), at(2), 25, hidden));
    report(`gruForward${label}`, units, () => kernels.gruForward(at(0), at(1), at(2), 25, hidden));
    report(`gruBackward${label}`, units, () => kernels.gruBackward(at(0), at(1), at(2), at(3), 25, hidden));
    report(`gruResetBackward${label}`, units, () => kernels.gruResetBackward(at(0), at(1), at(2), at(3), 25, hidden));
    report(`gruAfterForward${label}`, units, () => kernels.gruAfterForward(at(0), at(1), at(2), at(3), 25, hidden));
    report(`gruAfterBackward${label}`, units, () =>
      kernels.gruAfterBackward(at(0), at(1), at(2), at(3), at(4), 25, hidden),
    );
  }
  report('tanhForward', 3200, () => kernels.tanhForward(at(0), 3200));
  report('logisticForward', 3200, () => kernels.logisticForward(at(0), 3200));
  report('reluForward', 3200, () => kernels.reluForward(at(0), 3200));
  report('tanhBackward', 3200, () => kernels.tanhBackward(at(0), at(1), 3200));
  report('logisticBackward', 3200, () => kernels.logisticBackward(at(0), at(1), 3200));
  kernels.ints.fill(3, at(4), at(4) + 2500);
  for (const symbols of [65, 5000]) {
    report(`softmaxCrossEntropy, 50 × ${symbols}, a logit`, 50 * symbols, () =>
      kernels.softmaxCrossEntropy(at(0), at(3), at(4), 50, symbols, 1),
    );
  }
  report('gatherRows with a bias, 50 × 512', 50 * 512, () => kernels.gatherRows(at(0), at(1), at(4), at(2), 50, 512));
  report('scatterRows, 2500 × 512', 2500 * 512, () => kernels.scatterRows(at(0), at(5), at(4), 2500, 512, 512, 512));
  kernels.ints.fill(0, at(8), at(8) + 50);
  report('restoreRows, 50 × 512', 50 * 512, () => kernels.restoreRows(at(0), at(1), at(8), 50, 512));
  report('moveRows, 50 × 512', 50 * 512, () => kernels.moveRows(at(0), at(1), at(8), 50, 512));
  report('sumRows, 2500 × 512', 2500 * 512, () => kernels.sumRows(at(0), at(5), 2500, 512, 512));
  report('pack, 512 × 2048', 512 * 2048, () => kernels.pack(at(0), at(5), 512, 2048, 2048));
  report('packTransposed, 2048 × 512', 512 * 2048, () => kernels.packTransposed(at(0), at(5), 2048, 512, 2048));
  report('fill with 0, 1 M', 1 << 20, () => kernels.fill(at(0), 0, 1 << 20));
  const adam = { rate: 1e-9, scale: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, step: 10 };
  for (const n of [4096, 1 << 20]) {
    const block = (i: number) => start + i * (n + 64);
    kernels.floats.fill(0.1, start, start + 4 * (n + 64));
    report(`adam, ${n}`, n, () => kernels.adam(block(0), block(1), block(2), block(3), n, adam));
    report(`sgd, ${n}`, n, () =>
      kernels.sgd(block(0), block(1), block(2), n, { rate: 1e-9, scale: 1, momentum: 0.9, weightDecay: 0 }),
    );
    report(`sumOfSquares, ${n}`, n, () => void kernels.sumOfSquares(block(1), n));
    report(`clamp, ${n}`, n, () => kernels.clamp(block(1), 5, n));
  }
}

/** GFLOPS of tiles whose operands lie in the first-level cache. No product can be faster. */
function bare(kernels: Kernels): number {
  const [m, n, k] = [12, 16, 256];
  const [c, a, packed] = [start, start + 1024, start + 8192];
  return (2 * m * n * k) / time(() => kernels.multiply(c, c, a, packed, m, n, k, n, n, k)) / 1e6;
}

/** Milliseconds of one call, averaged over at least a quarter of a round. */
function time(run: () => void): number {
  let calls = 1;
  for (;;) {
    const from = performance.now();
    for (let i = 0; i < calls; i++) run();
    const spent = performance.now() - from;
    if (spent >= ROUND_MS / 4) return spent / calls;
    calls *= spent < ROUND_MS / 40 ? 8 : 2;
  }
}

function median(measure: () => number): number {
  return middle(Array.from({ length: ROUNDS }, measure));
}

/** Medians of two measures that are taken in turn: where the machine slows down for a while, both slow down. */
function pairedMedians(a: () => number, b: () => number): [number, number] {
  const pairs = Array.from({ length: ROUNDS }, () => [a(), b()] as const);
  return [middle(pairs.map(([x]) => x)), middle(pairs.map(([, y]) => y))];
}

function middle(values: number[]): number {
  return values.sort((x, y) => x - y)[values.length >> 1]!;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0).padStart(3)} %`;
}
