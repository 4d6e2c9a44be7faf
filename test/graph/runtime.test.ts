import * as ort from 'onnxruntime-node';
import { beforeEach, describe, expect, it } from 'vitest';
import { exp, Graph, loadModel, multiply, type RuntimeOptions, reshape, sqrt, toOnnx } from '../../src/graph/index.ts';
import { useRuntime } from '../../src/graph/runtime.ts';

type Options = ort.InferenceSession.SessionOptions;

/** What sessions were created with. */
const asked: { readonly bytes: Uint8Array; readonly options: Options }[] = [];

/** The runtime, which writes down what it is asked for. */
const InferenceSession = {
  create(bytes: Uint8Array, options: Options) {
    asked.push({ bytes, options });
    return ort.InferenceSession.create(bytes, options);
  },
};

function model() {
  const graph = new Graph('small');
  const x = graph.input('x', [4, 6]);
  const row = reshape(multiply(sqrt(x), exp(x)), [24]);
  return toOnnx(graph, { twice: multiply(row, 2), square: multiply(row, row) });
}

async function outputs(options: RuntimeOptions) {
  const program = await loadModel(model(), { threads: 2, ...options });
  const x = Float32Array.from({ length: 24 }, (_, n) => n / 7);
  // What runs again must not depend on what a run left behind.
  const [first, second] = [await program.run({ x }), await program.run({ x })];
  await program.release();
  expect(second).toEqual(first);
  return first;
}

describe('how a program is compiled', () => {
  beforeEach(() => {
    asked.length = 0;
    useRuntime({ ...ort, InferenceSession });
  });

  it('has threads that sleep while they wait, unless they are to spin; same numbers', async () => {
    const [sleeping, spinning] = [await outputs({}), await outputs({ spins: true })];
    expect(asked.map(({ options }) => options.extra?.session)).toEqual([
      { intra_op: { allow_spinning: '0' } },
      { intra_op: { allow_spinning: '1' } },
    ]);
    expect(spinning).toEqual(sleeping);
  });

  it('is written for the least memory, and optimised unless it is to load quickly; same numbers', async () => {
    const [usual, quick] = [await outputs({}), await outputs({ quick: true })];
    expect(asked.map(({ options }) => options.graphOptimizationLevel)).toEqual(['all', 'disabled']);
    const isFirst = (text: string, op: string, other: string): boolean => text.indexOf(op) < text.indexOf(other);
    for (const { bytes } of asked)
      expect(isFirst(Buffer.from(bytes).toString('latin1'), 'Sqrt', 'Reshape')).toBe(false);
    expect(quick).toEqual(usual);
  });

  it('has no pattern of a run, which would keep the memory of a whole one', async () => {
    await outputs({});
    expect(asked[0]?.options.enableMemPattern).toBe(false);
  });
});
