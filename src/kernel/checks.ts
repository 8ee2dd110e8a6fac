import { Trial } from './trial.ts';

// How kernels are checked on Node, loaded as a whole: pages have `no-checks.ts` in its place (package.json, "imports").

export { checkedIfAsked } from './checked.ts';

/** Tries the kernels of a module before they are used. Undefined where they are used untried. */
export const trialOf: ((module: WebAssembly.Module) => Pick<Trial, 'fault' | 'measure'>) | undefined = (module) =>
  new Trial(module);
