import { UserError } from '../errors.ts';

/**
 * What a worker does for its page: by the name of each request, a function that answers it. It may give pieces of its answer before, and ends
 * early where the signal says that nobody waits any more.
 */
export type Service = Readonly<
  Record<string, (request: never, give: (piece: unknown) => void, signal: AbortSignal) => unknown>
>;

type Asked<Answering> = Answering extends (request: infer Request, ...rest: never) => unknown ? Request : never;
type Piece<Answering> = Answering extends (
  request: never,
  give: (piece: infer Given) => void,
  ...rest: never
) => unknown
  ? Given
  : never;
type Answer<Answering extends (...given: never) => unknown> = Awaited<ReturnType<Answering>>;

/** From the page to the worker: a request, or that nobody waits for its answer. */
type ToWorker =
  | { readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly cancelled: number };

/** From the worker to the page. A problem is a sentence. */
type ToPage =
  | { readonly id: number; readonly piece: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly problem: string };

/**
 * In a worker: answers what its page asks. An error's message is what the page is told.
 *
 * @param nameOf says what the page calls an option, where a message names one
 */
export function serve(service: Service, nameOf = (key: string): string => key): void {
  const running = new Map<number, AbortController>();
  const answer = async (id: number, name: string, request: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const give = (piece: unknown) => controller.signal.aborted || tell({ id, piece });
    try {
      tell({ id, answer: await service[name]!(request as never, give, controller.signal) });
    } catch (error) {
      tell({ id, problem: error instanceof UserError ? error.messageWith(nameOf) : (error as Error).message });
    }
    running.delete(id);
  };
  addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    if ('cancelled' in data) running.get(data.cancelled)?.abort();
    else void answer(data.id, data.name, data.request);
  });
}

function tell(message: ToPage): void {
  postMessage(message);
}

/** What waits for the answer to a request. */
interface Waiting {
  readonly onPiece: (piece: never) => void;
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** In a page: asks its worker. */
export class Channel<Served extends Service> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => this.#hear(data));
  }

  /**
   * Resolves with the answer. Rejects with an `Error` whose message is the worker's sentence, and with the signal's reason where it is aborted:
   * then no piece comes any more.
   */
  ask<Name extends keyof Served & string>(
    name: Name,
    request: Asked<Served[Name]>,
    { onPiece = () => {}, signal }: { onPiece?: (piece: Piece<Served[Name]>) => void; signal?: AbortSignal } = {},
  ): Promise<Answer<Served[Name]>> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#waiting.set(id, { onPiece, resolve, reject });
      signal?.addEventListener('abort', () => this.#cancel(id, signal.reason), { once: true });
      this.#send({ id, name, request });
    });
  }

  #hear(message: ToPage): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if ('piece' in message) {
      waiting.onPiece(message.piece as never);
      return;
    }
    this.#waiting.delete(message.id);
    if ('answer' in message) waiting.resolve(message.answer as never);
    else waiting.reject(new Error(message.problem));
  }

  #cancel(id: number, reason: unknown): void {
    this.#waiting.get(id)?.reject(reason);
    if (this.#waiting.delete(id)) this.#send({ cancelled: id });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
