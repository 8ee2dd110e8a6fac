import { counted } from '../counts.ts';
import type { UserError } from '../errors.ts';
import { complain } from './output.ts';

/** The most lines that are named one by one. */
const NAMED_LINES = 20;

/** Lines that can't be read. They are left out, and the exit status says so in the end. */
export class BadLines {
  count = 0;
  readonly #nameOf: (key: string) => string;

  constructor(nameOf: (key: string) => string) {
    this.#nameOf = nameOf;
  }

  add(problem: UserError): void {
    this.count++;
    if (this.count <= NAMED_LINES) complain(problem.messageWith(this.#nameOf));
  }

  /** Tells how many there are where not all have been named. */
  conclude(): void {
    if (this.count > NAMED_LINES) complain(`${counted(this.count - NAMED_LINES, 'more line')} can't be read`);
  }
}
