import { unpackBytes } from '../host/unpack.browser.ts';
import { say } from './status.ts';

declare global {
  /** The page's worker, which `start.ts` has started when the page's own script runs. */
  var pageWorker: Worker;
}

/** Starts a page: unpacks the scripts that it carries, starts its worker, and runs its own script. What fails is said in the page. */
async function start(): Promise<void> {
  addEventListener('error', ({ message }) => fail(message));
  addEventListener('unhandledrejection', ({ reason }) => fail(String(reason)));
  if (typeof DecompressionStream === 'undefined' || !('toSorted' in Array.prototype)) {
    say('This browser is too old for this page. Open it in Chrome 110, Firefox 115, Safari 16.4, or newer.', true);
    return;
  }
  let texts: readonly string[];
  try {
    texts = await Promise.all(['app', 'worker'].map(carried));
  } catch {
    say('This page is damaged: a part of the file is missing or changed. Get the file again.', true);
    return;
  }
  const [app, worker] = texts;
  globalThis.pageWorker = new Worker(URL.createObjectURL(new Blob([worker!], { type: 'text/javascript' })));
  pageWorker.addEventListener('error', ({ message }) => fail(message));
  const script = document.createElement('script');
  script.textContent = app!;
  document.body.append(script);
  // It has run. In a page that a browser saves as it stands, it would run before the worker is there.
  script.remove();
}

function fail(why: string): void {
  say(`The page has failed: ${why}. Open it again.`, true);
}

async function carried(id: string): Promise<string> {
  return new TextDecoder().decode(await unpackBytes(document.getElementById(id)!.textContent));
}

start();
