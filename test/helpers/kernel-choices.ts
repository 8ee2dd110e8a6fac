import { load } from '../../src/host/kernels.node.ts';
import { chooseKernel, type KernelChoice } from '../../src/kernel/choose.ts';
import { KERNEL_NAMES } from '../../src/kernel/contract.ts';

/** Every kernel that this runtime has. test/kernel says whether it ought to have more. */
export const KERNEL_CHOICES: readonly KernelChoice[] = KERNEL_NAMES.filter(
  (name) => name === 'js' || load().module,
).map((name) => chooseKernel(name));
