import type * as node from './turn.node.ts';

/** By a message, because browsers let a timer wait for four milliseconds. */
export const nextTurn: typeof node.nextTurn = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
