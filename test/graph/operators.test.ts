import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient, type GradientCheck } from '../support/finiteDifferences.ts';

const random = randomStream(3, 'operators');
const filled = (count: number, draw: () => number): Float32Array => Float32Array.from({ length: count }, draw);
const positive = (count: number): Float32Array => filled(count, () => 0.5 + random.uniform());
/** Values at least 0.1 away from every multiple of ½, where the piecewise operators have their corners. */
const awayFromCorners = (count: number): Float32Array =>
  filled(count, () => (random.integer(6) - 3) / 2 + 0.1 + 0.3 * random.uniform());

const pairSum = (x: g.Tensor): g.Tensor => g.multiply(x, x);
const cases: Record<string, GradientCheck> = {
  'add, broadcasting': {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
    build: (a, b) => g.add(a!, b!),
  },
  'subtract, broadcasting': {
    inputs: [
      [1, 4],
      [3, 1],
    ],
    build: (a, b) => g.subtract(a!, b!),
  },
  'multiply, broadcasting': { inputs: [[2, 3], [3]], build: (a, b) => g.multiply(a!, b!) },
  'multiply by a scalar tensor': { inputs: [[2, 3], []], build: (a, b) => g.multiply(a!, b!) },
  divide: {
    inputs: [
      [2, 3],
      [2, 3],
    ],
    values: [positive(6), positive(6)],
    build: (a, b) => g.divide(a!, b!),
  },
  negate: { inputs: [[5]], build: (x) => g.negate(x!) },
  square: { inputs: [[5]], build: (x) => g.square(x!) },
  sqrt: { inputs: [[5]], values: [positive(5)], build: (x) => g.sqrt(x!) },
  exp: { inputs: [[5]], build: (x) => g.exp(x!) },
  log: { inputs: [[5]], values: [positive(5)], build: (x) => g.log(x!) },
  abs: { inputs: [[8]], values: [awayFromCorners(8)], build: (x) => g.abs(x!) },
  sign: { inputs: [[8]], values: [awayFromCorners(8)], build: (x) => g.add(g.sign(x!), x!) },
  floor: { inputs: [[8]], values: [awayFromCorners(8)], build: (x) => g.add(g.floor(x!), pairSum(x!)) },
  softplus: { inputs: [[8]], build: (x) => g.softplus(x!) },
  sigmoid: { inputs: [[8]], build: (x) => g.sigmoid(x!) },
  leakyRelu: { inputs: [[12]], values: [awayFromCorners(12)], build: (x) => g.leakyRelu(x!, 0.2) },
  clip: { inputs: [[12]], values: [awayFromCorners(12)], build: (x) => g.clip(x!, -1, 1) },
  where: {
    inputs: [[8], [8]],
    values: [awayFromCorners(8), awayFromCorners(8)],
    build: (a, b) => g.where(g.greater(a!, 0), pairSum(a!), b!),
  },
  'sum over some axes': { inputs: [[2, 3, 4]], build: (x) => g.sum(pairSum(x!), [0, 2]) },
  'mean, kept axes': { inputs: [[2, 3, 4]], build: (x) => g.mean(pairSum(x!), [1], true) },
  smallest: { inputs: [[2, 4, 3]], build: (x) => g.multiply(g.smallest(pairSum(x!), 1), g.mean(x!, [1], true)) },
  broadcastTo: { inputs: [[3, 1]], build: (x) => g.broadcastTo(x!, [2, 3, 4]) },
  reshape: { inputs: [[2, 6]], build: (x) => g.reshape(pairSum(x!), [3, 4]) },
  transpose: { inputs: [[2, 3, 4]], build: (x) => g.transpose(x!, [2, 0, 1]) },
  slice: { inputs: [[4, 5]], build: (x) => g.slice(x!, 1, 1, 4) },
  'slice with a step': { inputs: [[2, 9]], build: (x) => g.slice(x!, 1, 1, 8, 3) },
  pad: { inputs: [[2, 3]], build: (x) => g.pad(x!, [1, 0], [0, 2]) },
  concat: {
    inputs: [
      [2, 3],
      [2, 1],
    ],
    build: (a, b) => g.concat([a!, b!], 1),
  },
  split: {
    inputs: [[5, 2]],
    build: (x) => {
      const [a, , c] = g.split(x!, 0, [2, 1, 2]) as [g.Tensor, g.Tensor, g.Tensor];
      return g.multiply(a, c);
    },
  },
  'split into many and concat of many': {
    inputs: [[20, 2]],
    build: (x) => {
      const parts = g.split(
        x!,
        0,
        Array.from({ length: 20 }, () => 1),
      );
      return g.concat(
        parts.map((part, k) => g.multiply(part, k - 7)),
        0,
      );
    },
  },
  gemm: {
    inputs: [
      [2, 3],
      [3, 4],
    ],
    build: (a, b) => g.gemm(a!, b!),
  },
  'gemm, left transposed': {
    inputs: [
      [3, 2],
      [3, 4],
    ],
    build: (a, b) => g.gemm(a!, b!, { transposeA: true }),
  },
  'gemm, right transposed': {
    inputs: [
      [2, 3],
      [4, 3],
    ],
    build: (a, b) => g.gemm(a!, b!, { transposeB: true }),
  },
  'gemm, both transposed': {
    inputs: [
      [3, 2],
      [4, 3],
    ],
    build: (a, b) => g.gemm(a!, b!, { transposeA: true, transposeB: true }),
  },
  'linear map along the last axis': {
    inputs: [[2, 3, 5]],
    build: (x) =>
      g.linearAlongAxis(
        x!,
        2,
        g.matrix(4, 5, (r, c) => r - c * 0.5),
      ),
  },
  'linear map along a middle axis': {
    inputs: [[2, 3, 5]],
    build: (x) =>
      g.linearAlongAxis(
        x!,
        1,
        g.matrix(4, 3, (r, c) => r - c * 0.5),
      ),
  },
  gatherRows: {
    inputs: [[4, 3]],
    build: (x) => g.gatherRows(pairSum(x!), x!.graph.constant([0, 2, 2, 3, 1, 2], [6], 'int32')),
  },
  permuteAxis: { inputs: [[2, 4, 3]], build: (x) => g.permuteAxis(x!, 1, [2, 0, 3, 1]) },
  maxOfPairs: { inputs: [[2, 6, 3]], build: (x) => g.maxOfPairs(x!, 1), step: 1e-3 },
  'conv3d with bias': {
    inputs: [[1, 2, 4, 5, 6], [3, 2, 3, 3, 3], [3]],
    build: (x, w, bias) => g.conv3d(x!, w!, { before: [1, 1, 1], after: [1, 1, 1], bias: bias! }),
  },
  'conv3d, even kernel, uneven padding': {
    inputs: [
      [1, 2, 4, 4, 3],
      [2, 2, 2, 2, 2],
    ],
    build: (x, w) => g.conv3d(x!, w!, { before: [1, 0, 1], after: [0, 1, 1] }),
  },
  'conv3d with a stride that leaves voxels over': {
    inputs: [
      [1, 2, 8, 7, 9],
      [2, 2, 3, 3, 3],
    ],
    build: (x, w) => g.conv3d(x!, w!, { stride: [2, 2, 3] }),
  },
  'conv3d, kernel 1': {
    inputs: [
      [1, 3, 2, 3, 4],
      [2, 3, 1, 1, 1],
    ],
    build: (x, w) => g.conv3d(x!, w!),
  },
};

describe('gradients against central differences', () => {
  for (const [name, check] of Object.entries(cases))
    it(name, async () => {
      expect(await checkGradient(check)).toBeLessThan(5e-3);
    });
});

it('smallest shares its gradient among equal values', async () => {
  const graph = new g.Graph('ties');
  const x = graph.input('x', [2, 3]);
  const out = g.smallest(x, 1);
  const [gradient] = g.gradients(g.sum(out), [x]) as [g.Tensor];
  const program = await g.compile(graph, { out, gradient });
  const found = await program.run({ x: Float32Array.of(4, 1, 1, 2, 5, 3) });
  await program.release();
  expect([...found.out!]).toEqual([1, 2]);
  expect([...found.gradient!]).toEqual([0, 0.5, 0.5, 1, 0, 0]);
});
