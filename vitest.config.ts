import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['tools/ensure-built.mjs', 'tools/ensure-redis.mjs'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
