import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeVolume } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { changedModel, changedSettings, changedWeights, externalModel } from '../support/damagedModel.ts';
import { randomModel } from '../support/phantomModel.ts';
import { earthmorph, expectRefusal, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const model = randomModel();

beforeAll(async () => {
  for (const index of [0, 1])
    await writeVolume(at(`${index}.nii.gz`), makePhantomCase({ seed: 2, index, size: [24, 30, 22] }).image);
});

const registration = (file: string): string[] => {
  const [fixed, moving] = [at('0.nii.gz'), at('1.nii.gz')];
  return ['register', '--model', file, '--fixed', fixed, '--moving', moving, '--warp', at('warp.nii.gz')];
};

describe('register with a damaged model', () => {
  it.each([
    ['no weights', () => changedModel(model, (onnx) => ({ ...onnx, constants: [] })), /lacks the weights/],
    [
      'half the weights',
      () => changedWeights(model, (constant) => ({ ...constant, data: constant.data.slice(constant.data.length / 2) })),
      /is damaged: its weights/,
    ],
    ['weights elsewhere', () => externalModel(model), /in another file/],
    [
      'weights of NaN',
      () =>
        changedWeights(model, (constant) =>
          constant.name === 'flow.bias' ? { ...constant, data: new Float32Array(3).fill(Number.NaN) } : constant,
        ),
      /not numbers/,
    ],
    [
      'weights too large to compute with',
      () => {
        const [stage] = model.stages as [(typeof model.stages)[number]];
        return encodeModel({ ...model, stages: [{ ...stage, parameters: stage.parameters.map(() => 1e30) }] });
      },
      /displacements that are not numbers/,
    ],
    ['endless integration', () => changedSettings(model, { integrationSteps: 1_000_000_000 }), /must be at most 12/],
    ['the first half', () => encodeModel(model).subarray(0, 20_000), /is damaged or not an ONNX model/],
    ['nothing', () => new Uint8Array(0), /not of EarthMorph/],
  ])('refuses %s', async (name, bytes, sentence) => {
    const file = at(`${name}.onnx`);
    await writeFile(file, bytes());
    await expectRefusal(registration(file), sentence, at('warp.nii.gz'));
  });

  it('takes one of before there were checksums', async () => {
    await writeFile(at('old.onnx'), changedModel(model));
    expect((await earthmorph(registration(at('old.onnx')))).code).toBe(0);
  });
});
