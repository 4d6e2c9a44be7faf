import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/workflow/modelFile.ts';
import { DEFAULT_MODEL, modelPath, shippedModel, shippedModels } from '../../src/workflow/shippedModels.ts';

describe('shipped models', () => {
  it('are found by their names, and everything else is a path', () => {
    expect(shippedModels()).toContain(DEFAULT_MODEL);
    expect(modelPath(DEFAULT_MODEL)).toBe(shippedModel());
    expect(modelPath(`./${DEFAULT_MODEL}`)).toBe(`./${DEFAULT_MODEL}`);
    expect(modelPath('runs/mine')).toBe('runs/mine');
  });

  it('can all be read, know what they were trained on, and take at most 4 MB', async () => {
    for (const name of shippedModels()) {
      const { trainedOn, stages } = await readModel(name);
      expect(stages.length, name).toBeGreaterThan(0);
      expect(trainedOn?.spacing, name).toEqual([1, 1]);
      expect((await stat(shippedModel(name))).size, name).toBeLessThanOrEqual(4e6);
    }
  });

  it('are named where a model is asked for that is not there', async () => {
    await expect(readModel('nowhere')).rejects.toThrow(/There is no model at nowhere; .* one of .*hippocampus/);
  });
});
