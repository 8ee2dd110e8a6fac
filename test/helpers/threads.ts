/** What a process of its own needs to start threads; the build makes dist/test/threads.js of it, which Node 20 can load, too. */
export { Arena } from '../../src/kernel/arena.ts';
export { chooseKernel } from '../../src/kernel/choose.ts';
export { Engine } from '../../src/kernel/engine.ts';
