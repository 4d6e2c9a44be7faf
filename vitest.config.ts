import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Bytes that a test file and the programs that it starts may take together. */
const MEMORY_PER_WORKER = 3 * 2 ** 30;
/** In milliseconds. Only what hangs takes so long: no test is about time, and a machine may have other work. */
const HANGS = 3_600_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['tools/ensure-built.mjs', 'tools/ensure-redis.mjs'],
    testTimeout: HANGS,
    hookTimeout: HANGS,
    teardownTimeout: 60_000,
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_WORKER))),
  },
});
