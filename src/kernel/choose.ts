import { HAS_REVECTORIZER, load } from '#host/kernels';
import { HOST } from '#host/machine';
import { trialOf } from '#kernel/checks';
import { UserError } from '../errors.ts';
import type { Loaded } from '../host/kernels.node.ts';
import type { KernelName } from './contract.ts';
import type { Trial, WasmName } from './trial.ts';

/** The kernel to use, its module where it is WebAssembly, and why it is this one, in words. */
export interface KernelChoice {
  readonly name: KernelName;
  readonly module?: WebAssembly.Module;
  readonly reason: string;
  /** Whether its bits are others than Node's, because it rounds a multiply-add twice: a browser without relaxed SIMD. */
  readonly roundsTwice?: boolean;
}

/** What a choice rests on. Tests fake it. */
export interface Evidence {
  readonly hasRevectorizer: boolean;
  load(revectorize: boolean): Loaded;
  /** Undefined where kernels are used untried: then the narrow tile is taken. */
  readonly trialOf: ((module: WebAssembly.Module) => Pick<Trial, 'fault' | 'measure'>) | undefined;
}

const HERE: Evidence = { hasRevectorizer: HAS_REVECTORIZER, load, trialOf };

/** What was chosen before in this process, which has one set of kernels: a program may open many models. */
const chosen = new Map<KernelName | 'auto', KernelChoice>();

/**
 * The kernel asked for, or for 'auto' the fastest that computes correctly here. Kernels are tried at the first call alone.
 *
 * V8's revectorizer makes the 256-bit code and is experimental. The kernels are therefore compared with the reference before they are
 * used. Where they are wrong, the next candidate is tried: the narrow tile, then the narrow tile compiled without the revectorizer,
 * then plain JavaScript. All WebAssembly kernels give the same bits, so the choice among them cannot change a result.
 *
 * Throws a UserError where the kernel asked for by name cannot be had.
 */
export function chooseKernel(requested: KernelName | 'auto', evidence = HERE): KernelChoice {
  if (evidence !== HERE) return choose(requested, evidence);
  const choice = chosen.get(requested) ?? choose(requested, evidence);
  chosen.set(requested, choice);
  return choice;
}

function choose(requested: KernelName | 'auto', evidence: Evidence): KernelChoice {
  if (requested === 'js') return { name: 'js', reason: 'asked for' };
  const loaded = evidence.load(true);
  if (!loaded.module) {
    if (requested === 'auto') return { name: 'js', reason: loaded.reason };
    throw new UserError(`kernel ${requested} is not available: ${loaded.reason}`);
  }
  const faults: string[] = [];
  for (const { name, module, fault, reason } of candidates(requested, loaded.module, evidence)) {
    const remarks = loaded.roundsTwice ? [ROUNDS_TWICE] : [];
    const choice = { name, module, reason: [...faults, reason, ...remarks].join('; ') };
    if (!fault) return loaded.roundsTwice ? { ...choice, roundsTwice: true } : choice;
    faults.push(`${name} computes ${fault} wrongly on ${HOST}`);
  }
  if (requested === 'auto') return { name: 'js', reason: faults.join('; ') };
  throw new UserError(`kernel ${requested} is not available: ${faults.join('; ')}`);
}

/** Said of a kernel whose bits are others than Node's. */
const ROUNDS_TWICE = 'without relaxed SIMD, so it rounds otherwise than Node';

interface Candidate extends KernelChoice {
  readonly name: WasmName;
  /** The first function that computes something wrong. */
  readonly fault: string | undefined;
}

/** WebAssembly kernels, the best first. Each is tried, and the second module compiled, when its turn comes. */
function* candidates(
  requested: WasmName | 'auto',
  module: WebAssembly.Module,
  { hasRevectorizer, load, trialOf }: Evidence,
): Generator<Candidate> {
  if (!trialOf) {
    const name = requested === 'auto' ? 'wasm128' : requested;
    yield {
      name,
      module,
      fault: undefined,
      reason: requested === 'auto' ? 'vectors have 128 bits in browsers' : 'asked for',
    };
    return;
  }
  const trial = trialOf(module);
  if (requested === 'auto') {
    const [wide, narrow] = trial.measure();
    const isWideFaster = wide > narrow;
    const comparison = `6 × 16 tiles are ${isWideFaster ? 'faster' : 'not faster'} than 6 × 8`;
    const reason = `${comparison}: ${wide.toFixed(0)} against ${narrow.toFixed(0)} GFLOPS`;
    if (isWideFaster) yield { name: 'wasm256', module, fault: trial.fault('wasm256'), reason };
    yield { name: 'wasm128', module, fault: trial.fault('wasm128'), reason };
  } else {
    yield { name: requested, module, fault: trial.fault(requested), reason: 'asked for' };
  }
  const plain = hasRevectorizer ? load(false).module : undefined;
  if (!plain) return;
  const name = requested === 'auto' ? 'wasm128' : requested;
  yield { name, module: plain, fault: trialOf(plain).fault(name), reason: 'compiled without V8’s revectorizer' };
}
