/**
 * Starts three threads, has them meet, and ends as argv says: `close`, `leave` them running, `replace` one that dies, or `fail`, where
 * one dies after it has committed its call.
 */
import { Arena, chooseKernel, Engine } from '../../dist/test/threads.js';
import * as program from './thread-program.mjs';

const file = new URL('./thread-program.mjs', import.meta.url).href;
const arena = new Arena();
const config = { at: arena.float(256), size: 256, rounds: 100 };
const engine = await Engine.start({ choice: chooseKernel('auto'), threads: 3, program, file, config }, arena);
await engine.call('meet', {});
console.log(`${engine.threads} threads`);
const [, , how] = process.argv;
if (how === 'close') await engine.close();
if (how === 'replace') {
  await engine.call('throwAtOnce', {});
  console.log(`${engine.threads} threads`);
}
if (how === 'fail') {
  try {
    await engine.call('throwAfterCommit', {});
  } catch (error) {
    console.log(error.name);
  }
}
