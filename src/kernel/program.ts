import type { Kernels } from './contract.ts';
import type { CallTeam } from './team.ts';

/** What a call takes and gives: the names of its numbers. */
export interface CallSignature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The calls that a program answers, by name. */
export type Calls = Readonly<Record<string, CallSignature>>;

/** The numbers that a call takes, by name. */
export type Inputs<Call extends CallSignature> = Readonly<Record<Call['inputs'][number], number>>;

/** The numbers that a call gives, by name; nothing where it gives none. */
export type Outputs<Call extends CallSignature> = Call['outputs'] extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it is what a function returns
    void
  : Readonly<Record<Call['outputs'][number], number>>;

/** One thread's part of a program: a function for each call. All threads of a team run the same call, each on its share. */
export type Program<C extends Calls> = { readonly [Name in keyof C]: (inputs: Inputs<C[Name]>) => Outputs<C[Name]> };

/** What a program's module exports. The engine does not look into `config`, which is cloned into every worker. */
export interface ProgramModule<Config, C extends Calls> {
  readonly CALLS: C;
  createProgram(config: Config, kernels: Kernels, team: CallTeam): Program<C>;
}

/** Writes a call's inputs where the workers read them: as numbers, in the order of their names. */
export function writeInputs(
  names: readonly string[],
  inputs: Readonly<Record<string, number>>,
  shared: Float64Array,
): void {
  for (const [place, name] of names.entries()) shared[place] = inputs[name]!;
}

/** The inputs that `writeInputs` wrote. */
export function readInputs(names: readonly string[], shared: Float64Array): Record<string, number> {
  return Object.fromEntries(names.map((name, place) => [name, shared[place]!]));
}
