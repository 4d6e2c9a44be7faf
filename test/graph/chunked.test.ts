import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  gemm,
  multiply,
  slice,
  square,
  subtract,
  sum,
  sumOfChunks,
  type Tensor,
} from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';
import { type Given, withGradients } from '../support/evaluate.ts';
import { relativeError } from '../support/reference.ts';

const random = randomStream(6, 'chunks');
const normal = (...shape: number[]): Given => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});
const ROWS = 7;
const given = [normal(4, 3), normal(4, 3), normal(ROWS, 4)];

type Part = (x: Tensor, y: Tensor, rows: Tensor) => Tensor;
const projected: Part = (x, y, rows) => sum(abs(subtract(gemm(rows, x), gemm(rows, square(y)))));
const onlyFirst: Part = (x, _, rows) => sum(square(gemm(rows, x)));

/** The part of all rows at once, or as a sum over groups of rows. */
function build(part: Part, cuts: readonly number[] | undefined) {
  return (x: Tensor, y: Tensor, rows: Tensor): Tensor => {
    const a = multiply(x, 1.5);
    const b = add(y, x);
    const whole = cuts
      ? sumOfChunks(
          [a, b],
          cuts.map((start, k) => () => part(a, b, slice(rows, 0, start, cuts[k + 1] ?? ROWS))),
        )
      : part(a, b, rows);
    return square(multiply(whole, 0.1));
  };
}

describe.each([
  ['of two tensors', projected],
  ['of one of two tensors', onlyFirst],
] as const)('sum of chunks %s', (_, part) => {
  it.each([[[0]], [[0, 3]], [[0, 1, 2, 3, 4, 5, 6]]])(
    'that begin at %j is the whole, with its gradients',
    async (cuts) => {
      const whole = await withGradients(given, (x, y, rows) => build(part, undefined)(x!, y!, rows!));
      const chunked = await withGradients(given, (x, y, rows) => build(part, cuts)(x!, y!, rows!));
      expect(chunked.value).toBeCloseTo(whole.value, 3);
      for (const k of [0, 1]) {
        const known = whole.toInputs[k] as Float32Array;
        if (known.some((v) => v !== 0))
          expect(relativeError(chunked.toInputs[k] as Float32Array, known)).toBeLessThan(1e-5);
        else expect(chunked.toInputs[k]).toEqual(known);
      }
      expect(whole.value).toBeGreaterThan(1);
    },
  );
});

it('gives no gradient to what is not among its sources', async () => {
  const { toInputs } = await withGradients(given, (x, y, rows) => build(projected, [0, 3])(x!, y!, rows!));
  expect(toInputs[2]?.every((v) => v === 0)).toBe(true);
});
