/** The kernels that compute in a page. */
interface Computing {
  readonly name: string;
  readonly reason: string;
  readonly roundsTwice?: boolean;
}

/** What is to be said of the kernels that compute in a page; undefined where they are as fast and as exact as on the command line. */
export function kernelRemark({ name, reason, roundsTwice }: Computing): string | undefined {
  if (name === 'js') return `Plain JavaScript computes here, which is many times slower: ${reason}.`;
  if (!roundsTwice) return undefined;
  return 'This browser has no relaxed SIMD, so the last digits differ from those of the command line.';
}
