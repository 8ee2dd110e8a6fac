import { availableParallelism } from 'node:os';
import { chooseKernel } from '../kernel/choose.ts';

/** What this machine computes with: its fastest kernel and why that is, its threads, and the versions that decide both. */
export function runtime(): Record<string, string | number> {
  const { name, reason } = chooseKernel('auto');
  return {
    kernel: name,
    reason,
    threads: availableParallelism(),
    node: process.version,
    v8: process.versions.v8 ?? '',
    platform: `${process.platform} ${process.arch}`,
  };
}
