/** The training program, but in the worker of rank 1 it throws: at its command number `failAt`, or in an update where `failInUpdate`. */
import { createProgram as createTrainingProgram } from '../../dist/training/program.js';

export function createProgram(config, kernels, team, settings) {
  const { failAt, failInUpdate } = config;
  const failing = team.rank === 1;
  const die = () => {
    throw new Error('thrown in a worker, as the test wants it');
  };
  const own = failing && failInUpdate ? { ...kernels, adam: die } : kernels;
  const run = createTrainingProgram(config, own, team, settings);
  let commands = 0;
  return (command) => {
    if (failing && ++commands === failAt) die();
    run(command);
  };
}
