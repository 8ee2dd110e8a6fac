/** How messages name a text: by its path, and `-` as what it stands for. */
export function sourceName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** The same for texts that are read one after the other. */
export function sourceNames(paths: readonly string[]): string {
  return paths.map(sourceName).join(', ');
}
