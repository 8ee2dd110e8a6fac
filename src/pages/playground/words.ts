import { counted } from '../../counts.ts';
import type { Begun, Opened, Stopped } from './protocol.ts';

/** A network: "LSTM of 1 × 64 units". */
export function networkWords({ cell, layers, hidden }: Begun['model']): string {
  return `The ${cell === 'rnn' ? 'plain RNN' : cell.toUpperCase()} of ${layers} × ${hidden} units`;
}

/** What a run begins with, and what a step of it reads. */
export function readyWords({ model, parameters, rows, window }: Begun): string {
  const reads = `${counted(rows, 'text')} side by side, ${counted(window, 'symbol')} of each`;
  return `${networkWords(model)} is ready, with ${counted(parameters, 'parameter')}. A step reads ${reads}. Press Train, or choose an example.`;
}

/** What a visitor has changed at the left, the text or the network, is used by the next run alone. */
export function staleWords(isRunning: boolean): string {
  const now = isRunning
    ? 'The network is training with the text and the settings'
    : 'Train goes on with the text and the settings';
  return `${now} that it began with. To use what you have changed since, start over.`;
}

/**
 * Why a run stands still, and what comes next.
 *
 * @param isStale whether the text or the network was changed in the form since the run began
 */
export function stoppedWords({ reason, step }: Stopped, isStale: boolean): string {
  const steps = counted(step, 'step');
  const why = reason === 'paused' ? `Paused after ${steps}.` : `${steps} ${step === 1 ? 'is' : 'are'} done.`;
  if (isStale) return `${why} ${staleWords(false)}`;
  return `${why} ${reason === 'paused' ? 'Train goes on from here.' : 'Train goes on for as many more as the form says.'}`;
}

/** What a checkpoint is that was opened, and what comes next. */
export function openedWords({ name, step, begun, text }: Opened, what: string): string {
  const steps = counted(step, 'step');
  if (begun) return `${name} is open: ${what.replace(/^T/, 't')} after ${steps}. Train goes on with its run.`;
  const why = text ? 'The file holds no state of its run' : 'This page does not have its text';
  return `${name} is open, a network after ${steps}. ${why}, so Train begins a new run with it on the text at the left.`;
}
