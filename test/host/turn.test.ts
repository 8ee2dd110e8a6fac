import { expect, test } from 'vitest';
import { nextTurn } from '../../src/host/turn.browser.ts';

test('a turn of the event loop lets what waits run, and keeps no program alive', async () => {
  const order: string[] = [];
  const message = new MessageChannel();
  message.port1.on('message', () => order.push('message'));
  message.port2.postMessage('');
  queueMicrotask(() => order.push('microtask'));
  while (!order.includes('message')) {
    order.push('turn');
    await nextTurn();
  }
  message.port1.close();
  expect(order.slice(0, 2)).toEqual(['turn', 'microtask']);
});
