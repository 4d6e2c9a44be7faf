import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { soak } from '../../../tools/soak.ts';
import { hasRedis, whyNoRedis } from '../../support/redis.ts';
import { TESTED } from '../../support/tested.ts';
import { GRID } from '../grid.ts';

describe.skipIf(!hasRedis)(`a queue that has everything against it${whyNoRedis}`, () => {
  // The short form of "npm run soak".
  it('brings every trial to its end once, to the numbers of a sweep without trouble, and touches nothing else', async () => {
    const redis = inject('redis');
    if (!redis || 'reason' in redis) throw new Error('There is no Redis.');
    const losses = { MSE: 'mse smoothness=0.3|1', PSWD: 'pswd patch=7 directions=8' };
    const report = await soak({
      experiment: { ...GRID, losses, seeds: [1, 2] },
      trials: 6,
      workerKills: 9,
      redisKills: 20,
      program: join(TESTED, 'dist', 'cli.js'),
      redis,
    });
    expect(report.faults).toEqual([]);
    expect(report.kills).toBeGreaterThan(0);
    expect(report.redisKills).toBeGreaterThan(0);
    expect(report.attacks).toBeGreaterThan(0);
  });
});
