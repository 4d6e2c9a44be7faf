import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checksum } from '../../src/crc32.ts';
import { UserError } from '../../src/errors.ts';
import { decodeModel, encodeModel, type RegistrationModel } from '../../src/network/model.ts';
import { trainedOn } from '../../src/preparation/trainedOn.ts';
import { randomStream } from '../../src/random.ts';
import { identity } from '../../src/volume/matrix.ts';
import { changedModel, changedSettings, changedWeights, externalModel } from '../support/damagedModel.ts';
import { randomModel } from '../support/phantomModel.ts';

const model = randomModel();

function refusal(bytes: Uint8Array): string {
  try {
    decodeModel(bytes, 'a.onnx');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'taken';
}

const filled = (value: number, at: number): RegistrationModel => {
  const [stage] = model.stages as [RegistrationModel['stages'][number]];
  return { ...model, stages: [{ ...stage, parameters: stage.parameters.with(at, value) }] };
};

describe('model file', () => {
  it('keeps what it was trained on, under its checksum', () => {
    const seen = trainedOn([{ size: [30, 40, 50], affine: identity }], { anatomy: 'Hippocampus', synthetic: true });
    const bytes = encodeModel({ ...model, trainedOn: seen });
    expect(decodeModel(bytes, 'a.onnx')).toEqual({ ...model, trainedOn: seen });
    const text = Buffer.from(bytes).toString('latin1').replace('"spacing":[1,1]', '"spacing":[1,2]');
    expect(refusal(Buffer.from(text, 'latin1'))).toMatch(/do not match its checksum/);
  });

  it('takes files of before there were checksums', () => {
    expect(decodeModel(changedModel(model), 'a.onnx')).toEqual(model);
  });

  it('is refused or read as it was written, whichever byte is changed or wherever it is cut', () => {
    const bytes = encodeModel(model);
    const random = randomStream(1, 'damage');
    let refused = 0;
    for (let n = 0; n < 400; n++) {
      const at = Math.floor(random.uniform() * bytes.length);
      const bit = 1 << Math.floor(8 * random.uniform());
      const damaged = n % 4 === 0 ? bytes.subarray(0, at) : bytes.with(at, (bytes[at] as number) ^ bit);
      let read: RegistrationModel | undefined;
      try {
        read = decodeModel(damaged, 'a.onnx');
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        refused++;
      }
      // A change in the operations, which are for other programs, is no matter here.
      if (read) expect(read).toEqual(model);
    }
    expect(refused).toBeGreaterThan(100);
  });

  it.each([
    [{ integrationSteps: 1_000_000_000 }, /the setting "integrationSteps" of the network "unet" must be at most 12/],
    [{ integrationSteps: -1 }, /integrationSteps" of the network "unet" must be at least 0/],
    [{ integrationSteps: 'many' }, /integrationSteps" of the network "unet" must be a number/],
    [{ encoder: [4, 1e9] }, /encoder\.1" of the network "unet" must be at most 1024/],
    [{ encoder: [] }, /encoder" of the network "unet" must not be empty/],
    [{ decoder: [4] }, /decoder" of the network "unet" must have as many entries as the encoder/],
    [{ halfResolution: undefined }, /the setting "halfResolution" of its network is missing/],
    [{ network: 'vit' }, /there is no network "vit"; choose one of unet/],
    [{ encoder: [4, 8] }, /its weights "encoder1\.weight" are 432 values of the shape 4 × 4/],
    [{ reduction: 0 }, /reduction" must be more than 0/],
    [{ reduction: 5 }, /its grid of 32 voxels cannot be made 5 times coarser/],
    [{ passes: 0 }, /passes" must be more than 0/],
    [{ passes: 9 }, /passes" must be at most 8/],
    [{ reduction: undefined }, /reduction" must be a whole number|reduction" must be a number/],
  ])('refuses the settings %j', (values, sentence) => {
    expect(refusal(changedSettings(model, values))).toMatch(sentence);
  });

  it.each([
    ['earthmorph.stages', undefined, /"earthmorph\.stages" is missing/],
    ['earthmorph.stages', '[]', /"earthmorph\.stages" must not be empty/],
    ['earthmorph.stages', '{', /"earthmorph\.stages" is cut off or garbled/],
    ['earthmorph.stages', 'null', /"earthmorph\.stages" must be a list/],
    ['earthmorph.preprocessing', '{"pad":32', /"earthmorph\.preprocessing" is cut off/],
    ['earthmorph.preprocessing', '{"pad":4}', /"earthmorph\.preprocessing\.pad" must be at least 8/],
    ['earthmorph.preprocessing', '{"size":1000000000}', /size" must be at most 1024/],
    ['earthmorph.record', '{"seed":1}', /"earthmorph\.record\.seed" must be a text/],
  ])('refuses the metadata %s = %s', (key, value, sentence) => {
    const bytes = changedModel(model, (onnx, { [key]: _, ...others }) => ({
      ...onnx,
      metadata: value === undefined ? others : { ...others, [key]: value },
    }));
    expect(refusal(bytes)).toMatch(sentence);
  });

  it('refuses weights that are missing, halved, of another shape, elsewhere, or no numbers', () => {
    const of = (name: string, change: (constant: object) => object) =>
      changedWeights(model, (constant) => (constant.name === name ? { ...constant, ...change(constant) } : constant));
    expect(refusal(changedModel(model, (onnx) => ({ ...onnx, constants: [] })))).toMatch(
      /lacks the weights "encoder0\.weight"/,
    );
    expect(refusal(of('flow.bias', () => ({ name: 'other' })))).toMatch(/lacks the weights "flow\.bias"/);
    expect(refusal(of('flow.bias', () => ({ data: new Float32Array(1) })))).toMatch(/"flow\.bias" are 1 values/);
    expect(refusal(of('flow.bias', () => ({ data: new Float32Array(0) })))).toMatch(/"flow\.bias" are 0 values/);
    expect(refusal(of('flow.bias', () => ({ shape: [1, 3] })))).toMatch(/of the shape 1 × 3, but its network needs 3/);
    expect(refusal(of('flow.bias', () => ({ data: Float32Array.of(0, Number.NaN, 0) })))).toMatch(/not numbers/);
    expect(refusal(of('flow.bias', () => ({ data: Float32Array.of(0, 0, 1 / 0) })))).toMatch(/not numbers/);
    expect(refusal(externalModel(model))).toMatch(/has its weights in another file/);
  });

  it('refuses weights and settings that are others than those that were written', () => {
    const bytes = encodeModel(model);
    const at = Buffer.from(bytes).indexOf('"integrationSteps":5');
    expect(refusal(bytes.with(at + 19, '6'.charCodeAt(0)))).toMatch(/do not match its checksum/);
    const [{ parameters }] = model.stages as [RegistrationModel['stages'][number]];
    const weight = Buffer.from(bytes).indexOf(Buffer.from(parameters.buffer, 0, 64));
    expect(refusal(bytes.with(weight, (bytes[weight] as number) ^ 1))).toMatch(/do not match its checksum/);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not written with a weight of %d', (value) => {
    expect(() => encodeModel(filled(value, 7))).toThrow(/weights that are not numbers/);
  });

  it('the shipped one carries a checksum, and the weights it was trained to', () => {
    const bytes = readFileSync(new URL('../../models/hippocampus.onnx', import.meta.url));
    const { stages } = decodeModel(bytes, 'hippocampus.onnx');
    expect(bytes.includes('earthmorph.checksum')).toBe(true);
    expect(stages.map(({ parameters }) => checksum([parameters]))).toEqual(['e56d8bc3', 'f11dcc90']);
  });
});
