import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000, // hooks train models, as tests do; slow machines need more than the default of 10 seconds
    maxWorkers: '100%', // by default, vitest leaves one core unused
    env: { RNN_CHECK_KERNELS: '1' },
  },
});
