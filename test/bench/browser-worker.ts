// What runs in the worker of test/bench/browser.ts.
export { prepareKernels } from '../../src/host/kernels.browser.ts';
export { chooseKernel } from '../../src/kernel/choose.ts';
export { measure } from './browser-figures.ts';
