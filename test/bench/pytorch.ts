import { execFileSync, spawnSync } from 'node:child_process';

/** Whether a Python has PyTorch, which this project needs for comparisons only. */
export function hasPyTorch(python: string): boolean {
  return spawnSync(python, ['-c', 'import torch']).status === 0;
}

/** What a program prints as JSON Lines. */
export function figures(command: string, argv: readonly string[]): Readonly<Record<string, number | string>>[] {
  const text = execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = text.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, number | string>);
}
