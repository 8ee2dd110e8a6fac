/** The training program, but the worker of rank 1 throws: in its call number `failAt`, or in an update where `failInUpdate` is set. */
import { CALLS, createProgram as createTrainingProgram } from '../../dist/training/program.js';

export { CALLS };

export function createProgram(config, kernels, team) {
  const { failAt, failInUpdate } = config;
  const failing = team.rank === 1;
  const die = () => {
    throw new Error('thrown in a worker, as the test wants it');
  };
  const own = failing && failInUpdate ? { ...kernels, adam: die } : kernels;
  const program = createTrainingProgram(config, own, team);
  let calls = 0;
  const answer = (name) => (inputs) => {
    if (failing && ++calls === failAt) die();
    return program[name](inputs);
  };
  return Object.fromEntries(Object.keys(CALLS).map((name) => [name, answer(name)]));
}
