import { expect, test, vi } from 'vitest';
import { message, option, UserError } from '../../src/errors.ts';
import { Channel, serve } from '../../src/pages/channel.ts';

const service = {
  double: (number: number) => 2 * number,
  count: async (to: number, give: (piece: number) => void, signal: AbortSignal) => {
    let given = 0;
    for (; given < to && !signal.aborted; given++) {
      give(given);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return given;
  },
  fail: () => {
    throw new UserError(message`${option('topP')} is too large; give less`);
  },
};

/** A channel to the service, in which the two sides only see copies, as a page and its worker do. */
function connected(): Channel<typeof service> {
  const page = new EventTarget();
  const worker = new EventTarget();
  const send = (target: EventTarget, data: unknown) =>
    queueMicrotask(() => target.dispatchEvent(Object.assign(new Event('message'), { data: structuredClone(data) })));
  vi.stubGlobal('addEventListener', worker.addEventListener.bind(worker));
  vi.stubGlobal('postMessage', (data: unknown) => send(page, data));
  serve(service, (key) => key.toUpperCase());
  return new Channel(Object.assign(page, { postMessage: (data: unknown) => send(worker, data) }) as never);
}

test('answers and pieces come to whom asked for them', async () => {
  const channel = connected();
  const pieces: number[] = [];
  const counted = channel.ask('count', 3, { onPiece: (piece) => pieces.push(piece) });
  expect(await Promise.all([channel.ask('double', 4), counted, channel.ask('double', 5)])).toEqual([8, 3, 10]);
  expect(pieces).toEqual([0, 1, 2]);
});

test('a problem is the sentence of the error, with the names of the page', async () => {
  await expect(connected().ask('fail', undefined)).rejects.toThrow('TOPP is too large; give less');
});

test('what is cancelled gives no more, and the worker stops', async () => {
  const channel = connected();
  const controller = new AbortController();
  const pieces: number[] = [];
  const onPiece = (piece: number) => {
    pieces.push(piece);
    if (piece === 1) controller.abort();
  };
  const { signal } = controller;
  await expect(channel.ask('count', 1000, { onPiece, signal })).rejects.toThrow(/aborted/);
  expect(await channel.ask('double', 1)).toBe(2);
  expect(pieces).toEqual([0, 1]);
});
