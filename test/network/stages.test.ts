import { expect, it } from 'vitest';
import { compile, PORTABLE_FEATURES } from '../../src/graph/index.ts';
import { decodeModel, encodeModel, inferenceGraph, type RegistrationModel } from '../../src/network/model.ts';
import { preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { randomStream } from '../../src/random.ts';
import { randomModel } from '../support/phantomModel.ts';

const model = randomModel({}, preprocessingSchema.parse({ pad: 16, size: 16, outside: 'edge' }));
const [stage] = model.stages as [RegistrationModel['stages'][number]];
const random = randomStream(2, 'pair');
const volume = (): Float32Array => Float32Array.from({ length: 16 ** 3 }, () => random.normal());
const pair = { fixed: volume(), moving: volume() };

async function displacementOf(stages: RegistrationModel['stages']): Promise<Float32Array> {
  const { graph, outputs } = inferenceGraph({ ...model, stages }, [16, 16, 16], PORTABLE_FEATURES);
  const program = await compile(graph, { displacement: outputs.displacement });
  try {
    return (await program.run(pair)).displacement as Float32Array;
  } finally {
    await program.release();
  }
}

it('a network of two passes registers as two of the same network do, and its weights are written once', async () => {
  const twice = { ...stage, passes: 2 };
  const [once, again] = [await displacementOf([stage]), await displacementOf([twice])];
  expect(again).not.toEqual(once);
  expect(again).toEqual(await displacementOf([stage, stage]));
  const bytes = encodeModel({ ...model, stages: [twice] });
  expect(decodeModel(bytes, 'a.onnx').stages).toEqual([twice]);
  expect(bytes.length).toBeLessThan(encodeModel({ ...model, stages: [stage, stage] }).length);
});
