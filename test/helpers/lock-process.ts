import { Lock } from '../../src/library/lock.ts';

// Takes a lock at the millisecond that it is told, says whether it holds it, and releases it when it is told to.

const path = process.argv[2]!;
let lock: Lock | undefined;

process.on('message', ({ take }: { take?: number }) => {
  if (take === undefined) {
    lock?.release();
    process.send!(false);
    return;
  }
  while (Date.now() < take);
  lock = Lock.tryAcquire(path);
  process.send!(lock !== undefined);
});
process.send!('ready');
