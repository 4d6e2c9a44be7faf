import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  decodeModel,
  defineMeasure,
  defineNetwork,
  defineRegulariser,
  displacementFromFlow,
  encodeModel,
  graph,
  makePhantomCase,
  measureLabels,
  measures,
  register,
  registerMeasure,
  registerNetwork,
  registerRegulariser,
  trainModel,
  warp,
} from '../src/index.ts';

/** One convolution: the least network that registers. */
const convolution = defineNetwork<{ reach: number }>({
  name: 'one-convolution',
  summary: 'a single convolution',
  schema: z.strictObject({ reach: z.number().positive().max(10).default(1) }),
  parameters: (_, deviation = 1e-5) => [
    { name: 'flow.weight', shape: [3, 2, 3, 3, 3], initial: { kind: 'normal', deviation } },
    { name: 'flow.bias', shape: [3], initial: { kind: 'zero' } },
  ],
  build(moving, fixed, parameters, { reach }, features) {
    const [weight, bias] = ['flow.weight', 'flow.bias'].map((name) => parameters.get(name)!);
    const map = features.enter(graph.concat([moving, fixed], 1));
    const out = features.leave(features.convolve({ parts: [{ map }], weight: weight!, bias: bias! }));
    const flow = graph.multiply(out, reach);
    const [depth, height, width] = fixed.shape.slice(2) as [number, number, number];
    const displacement = displacementFromFlow(flow, { integrationSteps: 0, halfResolution: false }, [
      depth,
      height,
      width,
    ]);
    return { flow, displacement, moved: warp(moving, displacement) };
  },
});

/** How long the displacement is. */
const magnitude = defineRegulariser({
  name: 'magnitude',
  summary: 'mean squared length of the displacement',
  options: z.strictObject({}),
  weight: 1,
  build: ({ displacement }) => graph.mean(graph.square(displacement)),
});

const cases = Array.from({ length: 6 }, (_, index) =>
  makePhantomCase({ seed: 1, index, size: [12, 16, 12], spacing: [3, 3, 3] }),
);
const settings = { size: 16, pad: 16, spacing: 3, epochs: 2, rate: 1e-2, flowDeviation: 1e-2 };
const split = { train: 0.5, validation: 0.5, test: 0 };

describe('from outside the package', () => {
  it('a network trains, is written with its name and settings, read again, and registers', async () => {
    registerNetwork(convolution);
    const { model } = await trainModel(cases, {
      settings: { ...settings, network: 'one-convolution', networkOptions: { reach: 2 } },
      split,
    });
    const read = decodeModel(encodeModel(model), 'own.onnx');
    expect(read.stages[0]!.network).toEqual({ family: convolution, options: { reach: 2 } });
    expect(read.stages[0]!.parameters).toHaveLength(3 * 2 * 27 + 3);
    const pair = { fixed: cases[0]!.image, moving: cases[1]!.image };
    const { warp: found, start } = await register(pair, read);
    expect(found.data.some((mm, n) => Math.abs(mm - start.data[n]!) > 1e-4)).toBe(true);
    await expect(
      trainModel(cases, {
        settings: { ...settings, network: 'one-convolution', networkOptions: { reach: 11 } },
        split,
      }),
    ).rejects.toThrow('The setting "reach" of the network "one-convolution" must be at most 10.');
  });

  it('a regulariser is what training weighs', async () => {
    registerRegulariser(magnitude);
    const small = { ...settings, encoder: [2], decoder: [2], remaining: [2], regulariser: 'magnitude' };
    const [free, held] = await Promise.all(
      [0, 100].map((smoothness) => trainModel(cases, { settings: { ...small, smoothness }, split })),
    );
    const penalty = ({ trainLoss, trainSimilarity }: { trainLoss: number; trainSimilarity: number }): number =>
      trainLoss - trainSimilarity;
    expect(penalty(free!.records[0]!)).toBeCloseTo(0, 6);
    expect(penalty(held!.records[0]!)).toBeGreaterThan(1e-3);
  });

  it('a measure is worked out with the others', () => {
    registerMeasure(
      defineMeasure({
        key: 'jaccard',
        name: 'Jaccard',
        summary: 'shared voxels among all',
        digits: 4,
        better: 'more',
        needs: 'labels',
        of: ({ voxels: { fixed, moved, shared } }) => shared / (fixed + moved - shared),
      }),
    );
    expect([...measures().keys()]).toContain('jaccard');
    const [fixed, moved] = [Int32Array.of(1, 1, 1, 0), Int32Array.of(0, 1, 1, 1)];
    const { means } = measureLabels({ fixed, moved, size: [4, 1, 1], space: [1, 1, 1] }, [1]);
    expect(means).toMatchObject({ dice: 2 / 3, jaccard: 0.5 });
  });
});
