import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executionOrder, inLeastMemory } from '../../src/graph/execution.ts';
import {
  add,
  exp,
  Graph,
  loadModel,
  loadOnnx,
  log,
  multiply,
  reshape,
  softplus,
  sqrt,
  toOnnx,
  writeOnnx,
} from '../../src/graph/index.ts';

function model() {
  const graph = new Graph('chain');
  const x = graph.input('x', [4, 6]);
  const row = reshape(multiply(x, 3), [24]);
  return toOnnx(graph, { sum: add(row, 1), product: reshape(multiply(row, row), [2, 12]) });
}

describe('a model as the runtime computes it in the least memory', () => {
  it('has the same operations backwards, and the shapes of Reshape as inputs with a value', () => {
    const before = model();
    const after = inLeastMemory(before);
    expect(after.nodes.map(({ name }) => name)).toEqual(before.nodes.map(({ name }) => name).reverse());
    const added = after.inputs.slice(before.inputs.length).map(({ shape }) => shape);
    expect(added).toEqual([[1], [2]]);
    expect(after.constants).toEqual(before.constants);
  });

  it('of a model of thousands of operations, or one that runs once, knows all shapes but the large ones', () => {
    const chain = (count: number, values: number) => {
      const graph = new Graph('long');
      let x = graph.input('x', [values]);
      for (let n = 0; n < count; n++) x = reshape(add(x, 1), n % 2 === 0 ? [2, values / 2] : [values]);
      return toOnnx(graph, { x });
    };
    const added = (model: ReturnType<typeof chain>, quick?: boolean): number =>
      inLeastMemory(model, quick).inputs.length - model.inputs.length;
    expect(added(chain(4, 4))).toBe(2);
    expect(added(chain(4, 4), true)).toBe(0);
    expect(added(chain(2100, 4))).toBe(0);
    expect(added(chain(2100, 2 ** 21))).toBe(2);
    expect(added(chain(4, 2 ** 21), true)).toBe(2);
  });

  it('gives the same numbers, fed with its own inputs alone', async () => {
    const x = { data: Float32Array.from({ length: 24 }, (_, i) => i / 7), shape: [4, 6], type: 'float32' } as const;
    const plain = await loadOnnx(writeOnnx(model()));
    const least = await loadModel(model());
    expect(await least.run({ x })).toEqual(await plain.run({ x }));
    await Promise.all([plain.release(), least.release()]);
  });
});

describe('the order in which the runtime computes', () => {
  it('is by what is needed next: what was made early and is read late comes late', () => {
    const graph = new Graph('late');
    const x = graph.input('x', [8]);
    const late = multiply(x, 2);
    const early = exp(sqrt(x));
    add(add(early, 1), exp(late));
    const order = executionOrder(graph.operations).map(({ op }) => op);
    expect(order).toEqual(['Sqrt', 'Exp', 'Add', 'Mul', 'Exp', 'Add']);
  });

  it('is that of the runtime, as its profile says', async () => {
    const graph = new Graph('profiled');
    const x = graph.input('x', [2, 64]);
    const parts = [exp(x), log(x), sqrt(x)];
    const rows = parts.map((part) => reshape(softplus(part), [128]));
    const out = rows.reduceRight((sum, row) => multiply(add(sum, row), row));
    const folder = mkdtempSync(join(tmpdir(), 'earthmorph-order-'));
    try {
      const program = await loadModel(toOnnx(graph, { out }), { profile: join(folder, 'profile') });
      await program.run({ x: new Float32Array(128).fill(2) });
      program.endProfiling();
      await program.release();
      const [file] = readdirSync(folder);
      const events = JSON.parse(readFileSync(join(folder, file as string), 'utf8')) as { name?: string; ts: number }[];
      const names = new Map(graph.operations.map((operation) => [operation.outputs[0]?.name, operation]));
      const computed = events
        .filter(({ name }) => name?.endsWith('_kernel_time'))
        .sort((a, b) => a.ts - b.ts)
        .flatMap(({ name }) => names.get(name?.replace('_kernel_time', '')) ?? []);
      const expected = executionOrder(graph.operations).filter((operation) => computed.includes(operation));
      expect(computed.length).toBeGreaterThan(10);
      expect(computed).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
