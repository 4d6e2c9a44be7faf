import type { CpuInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { idleCores } from '../../src/cli/freeCores.ts';

const core = (user: number, idle: number): CpuInfo => ({
  model: 'core',
  speed: 0,
  times: { user, nice: 0, sys: 0, idle, irq: 0 },
});

describe('cores that nothing else needs', () => {
  test('are those that did nothing between two looks', () => {
    const before = [core(1000, 500), core(0, 0)];
    expect(idleCores(before, [core(1000, 700), core(0, 200)])).toBe(2);
    expect(idleCores(before, [core(1200, 500), core(0, 200)])).toBe(1);
    expect(idleCores(before, [core(1100, 600), core(100, 100)])).toBe(1);
  });

  test('are none where the system tells nothing', () => {
    expect(idleCores([], [])).toBe(0);
    expect(idleCores([core(1, 1)], [core(1, 1)])).toBe(0);
  });
});
