import { describe, expect, it } from 'vitest';
import {
  blockedFeatures,
  compile,
  detectBlockSize,
  type FeatureOperators,
  gradients,
  PORTABLE_FEATURES,
  type Tensor,
} from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { chooseNetwork, networkParameters } from '../../src/network/registry.ts';
import { adamValues } from '../../src/optimise/adam.ts';
import { trainingObjective, trainingStep } from '../../src/training/stepGraph.ts';
import { reference, relativeError, type Stored, values } from '../support/reference.ts';

interface TrainingReference {
  lambda_: number;
  moving: Stored;
  fixed: Stored;
  initial: Record<string, Stored>;
  flow: Stored;
  moved: Stored;
  similarity: number;
  smoothness: number;
  gradients: Record<string, Stored>;
  loss_per_step: number[];
  after_6_steps: Record<string, Stored>;
}

const known = reference<TrainingReference>('unet_training');
const network = chooseNetwork('unet', {
  encoder: [3, 4, 4, 4],
  decoder: [4, 4, 4, 4],
  remaining: [4, 3, 3],
  halfResolution: false,
  integrationSteps: 0,
});
const specs = networkParameters(network);

function flat(stored: Record<string, Stored>): Float32Array {
  const parts = specs.map(({ name }) => values(stored[name] as Stored));
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

function expectEach(found: Float32Array, expected: Record<string, Stored>, tolerance: number): void {
  let start = 0;
  for (const { name } of specs) {
    const right = values(expected[name] as Stored);
    const error = relativeError(found.subarray(start, start + right.length), right);
    expect(error, name).toBeLessThan(tolerance);
    start += right.length;
  }
}

const block = await detectBlockSize();
const layouts: [string, FeatureOperators][] = [['portable', PORTABLE_FEATURES]];
if (block) layouts.push([`blocked by ${block}`, blockedFeatures(block)]);

for (const [layout, features] of layouts)
  describe(`training step against PyTorch, ${layout}`, () => {
    const options = {
      network,
      loss: chooseSimilarity('mse'),
      smoothness: known.lambda_,
      extent: [16, 16, 16] as const,
      features,
    };
    const pair = { moving: values(known.moving), fixed: values(known.fixed) };

    it('gives the flow, the moved image, the terms of the loss and every gradient', async () => {
      const o = trainingObjective('objective', options);
      const [gradient] = gradients(o.loss, [o.flat]) as [Tensor];
      const program = await compile(o.graph, {
        flow: o.flow,
        moved: o.moved,
        similarity: o.similarity,
        smoothness: o.penalty,
        gradient,
      });
      const result = await program.run({ parameters: flat(known.initial), ...pair });
      expect(relativeError(result.flow!, values(known.flow))).toBeLessThan(1e-4);
      expect(relativeError(result.moved!, values(known.moved))).toBeLessThan(1e-4);
      expect(Math.abs(result.similarity![0]! / known.similarity - 1)).toBeLessThan(1e-4);
      expect(Math.abs(result.smoothness![0]! / known.smoothness - 1)).toBeLessThan(1e-4);
      expectEach(result.gradient!, known.gradients, 1e-4);
    });

    it('follows six steps of Adam', async () => {
      const step = trainingStep(options);
      const program = await compile(step.graph, step.outputs);
      let parameters = flat(known.initial);
      let first = new Float32Array(parameters.length);
      let second = new Float32Array(parameters.length);
      for (let t = 1; t <= 6; t++) {
        const result = await program.run({ parameters, first, second, ...pair, ...adamValues(t, 1e-3) });
        expect(Math.abs(result.loss![0]! / (known.loss_per_step[t - 1] as number) - 1), `loss ${t}`).toBeLessThan(1e-4);
        parameters = Float32Array.from(result.next_parameters!);
        first = Float32Array.from(result.next_first!);
        second = Float32Array.from(result.next_second!);
      }
      expectEach(parameters, known.after_6_steps, 1e-3);
    });
  });
