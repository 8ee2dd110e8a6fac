import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    maxWorkers: '100%', // by default, vitest leaves one core unused
    env: { RNN_CHECK_KERNELS: '1' },
  },
});
