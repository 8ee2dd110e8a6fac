import { UserError } from '../errors.ts';
import type { Engine } from '../kernel/engine.ts';
import { ThreadFailure } from '../kernel/threads.ts';
import { type ProgramConfig, SETTING } from './program.ts';

/**
 * Runs a command of the program by all threads. Where one dies, the command is run again by main alone, with the same result: until
 * parameters change, only what is computed anew was written. UserError where they had begun to change.
 */
export async function runCommand(engine: Engine<ProgramConfig>, command: number): Promise<void> {
  const { settings } = engine;
  settings[SETTING.updating] = 0;
  try {
    engine.run(command);
  } catch (error) {
    if (!(error instanceof ThreadFailure)) throw error;
    if (settings[SETTING.updating] !== 0) {
      throw new UserError(
        'a worker thread died in the middle of an update; train again, with --threads 1 if it happens again',
      );
    }
    await engine.continueAlone();
    engine.run(command);
  }
}
