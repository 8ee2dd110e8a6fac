import { say } from './status.ts';
import { unpackBytes } from './unpack.ts';

declare global {
  /** The page's worker, which `start.ts` has started when the page's own script runs. */
  var pageWorker: Worker;
}

/** Starts a page: unpacks the scripts that it carries, starts its worker, and runs its own script. What fails is said in the page. */
async function start(): Promise<void> {
  addEventListener('error', ({ message }) => say(`The page has failed: ${message}. Open it again.`, true));
  addEventListener('unhandledrejection', ({ reason }) => say(`The page has failed: ${reason}. Open it again.`, true));
  if (typeof DecompressionStream === 'undefined' || typeof Worker === 'undefined') {
    say('This browser is too old for this page. Open it in Chrome 80, Firefox 113, Safari 16.4, or newer.', true);
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
  const script = document.createElement('script');
  script.textContent = app!;
  document.body.append(script);
}

async function carried(id: string): Promise<string> {
  return new TextDecoder().decode(await unpackBytes(document.getElementById(id)!.textContent));
}

start();
