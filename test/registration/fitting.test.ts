import { describe, expect, it } from 'vitest';
import { FittingRegistrar } from '../../src/registration/fitting.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { Registrar } from '../../src/registration/register.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { randomModel } from '../support/phantomModel.ts';

const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 3, index, size: [24, 24, 24] }).image);
const pair = { fixed: fixed!, moving: moving! };
const levels = [{ spacing: 4, steps: 2 }];

/** A model that has seen scans of so many mm. */
function trainedOn(mm: number): Registrar {
  const extent: [number, number] = [mm, mm];
  const known = { spacing: [1, 1] as [number, number], extent: [extent, extent, extent], synthetic: true };
  return new Registrar({ ...randomModel(), trainedOn: known as never });
}

describe('a model is used where it fits', () => {
  it.each([
    ['by its own model', 24, 0],
    ['in the other way, with a sentence', 100, 1],
  ])('%s', async (_, mm, said) => {
    const sentences: string[] = [];
    const planned = new PlannedRegistrar({ choices: { alignment: 'none', levels } });
    const registrar = new FittingRegistrar(trainedOn(mm), (sentence) => sentences.push(sentence), planned);
    const { done } = await registrar.register(pair, 'center');
    expect(done !== undefined).toBe(said === 1);
    expect(sentences).toHaveLength(said);
    for (const sentence of sentences) expect(sentence).toMatch(/trained on made scans of 100 × 100 × 100 mm, and/);
    await registrar.release();
  });

  it('and beyond where nothing else is wanted, with the sentence', async () => {
    const sentences: string[] = [];
    const registrar = new FittingRegistrar(trainedOn(100), (sentence) => sentences.push(sentence));
    expect((await registrar.register(pair, 'center')).done).toBeUndefined();
    expect(sentences).toHaveLength(1);
    await registrar.release();
  });
});
