import { afterEach, expect, it, vi } from 'vitest';
import { TrainingProgress } from '../../src/cli/trainingProgress.ts';
import type { EpochRecord } from '../../src/training/trainer.ts';
import type { TrainingRunObserver } from '../../src/workflow/trainingRun.ts';

afterEach(() => vi.restoreAllMocks());

type Stored = Parameters<NonNullable<TrainingRunObserver['started']>>[0];

const record = (epoch: number): EpochRecord =>
  ({
    ...{ epoch, seconds: 10 * epoch, secondsPerStep: 1, trainLoss: 0.5, validationLoss: 0.5 },
    ...{ best: true, dice: null, hd95: null, foldedPercent: 0 },
  }) as Partial<EpochRecord> as EpochRecord;

async function said(epochs: number): Promise<string[]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const { observer } = new TrainingProgress();
  const split = { train: ['a', 'b'], validation: ['c', 'd'], test: ['e'] };
  observer.started?.({ config: { loss: 'mse', epochs }, split } as unknown as Stored, undefined);
  for (let epoch = 1; epoch <= epochs; epoch++) await observer.epochDone?.(record(epoch));
  return log.mock.calls.map(([line]) => String(line));
}

it('says one epoch and one case as one, and no time left after the last', async () => {
  const [head, only] = await said(1);
  expect(head).toMatch(/2 training, 2 validation, 1 held-out test case, at most 1 epoch\.$/);
  expect(only).toMatch(/folded voxels 0\.000 %$/);
});

it('says the time that is left at most while epochs are', async () => {
  const [head, first, second] = await said(2);
  expect(head).toMatch(/at most 2 epochs\.$/);
  expect(first).toMatch(/, at most 10 s left$/);
  expect(second).not.toContain('left');
});
