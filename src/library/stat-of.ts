import { type Stats, statSync } from 'node:fs';

/**
 * What is at a path, through symbolic links. Undefined where there is nothing, or where it can't be looked at: the name is too long, say, or the
 * links go round in a circle. Opening or writing it then says why.
 */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
