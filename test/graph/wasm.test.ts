import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, loadOnnx, PORTABLE_FEATURES, toOnnx, writeOnnx } from '../../src/graph/index.ts';
import { type Program, useRuntime } from '../../src/graph/runtime.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { initialParameters } from '../../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../../src/network/registry.ts';
import { adamValues } from '../../src/optimise/adam.ts';
import { randomStream } from '../../src/random.ts';
import { trainingStep } from '../../src/training/stepGraph.ts';

const EDGE = 24;
const network = chooseNetwork('unet');
const { graph, outputs } = trainingStep({
  network,
  loss: chooseSimilarity('mse'),
  smoothness: 0.5,
  extent: [EDGE, EDGE, EDGE],
  features: PORTABLE_FEATURES,
});
const model = toOnnx(graph, outputs);

function feeds() {
  const parameters = initialParameters(networkParameters(network), 1);
  const random = randomStream(1, 'wasm');
  const volume = (): Float32Array => Float32Array.from({ length: EDGE ** 3 }, () => random.normal());
  const zeros = (): Float32Array => new Float32Array(parameters.length);
  return { parameters, first: zeros(), second: zeros(), moving: volume(), fixed: volume(), ...adamValues(1, 1e-3) };
}

async function stepOf(program: Promise<Program>): Promise<Record<string, Float32Array>> {
  const opened = await program;
  const result = await opened.run(feeds());
  await opened.release();
  return result;
}

/** The memory of WebAssembly, which grows and never shrinks. */
let heap: WebAssembly.Memory | undefined;
const { Memory } = WebAssembly;

/** onnxruntime-web is that of the page, here in Node: the same WebAssembly. */
describe('a training step in WebAssembly', () => {
  beforeAll(() => {
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        heap ??= this;
      }
    };
    web.env.wasm.numThreads = 1;
  });
  afterAll(() => {
    WebAssembly.Memory = Memory;
  });

  it('in the order for the least memory has the numbers of Node, and its heap grows less than in the order of a file', async () => {
    const inNode = await stepOf(loadModel(model));
    useRuntime(web);
    const ordered = await stepOf(loadModel(model));
    const least = heap!.buffer.byteLength;
    // What was freed is used again: the heap grows only where more is alive at once.
    const plain = await stepOf(loadOnnx(writeOnnx(model)));
    const most = heap!.buffer.byteLength;
    useRuntime(native);
    expect(ordered).toEqual(plain);
    for (const [name, values] of Object.entries(inNode))
      for (const [n, value] of values.entries())
        expect(Math.abs(ordered[name]![n]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    expect(most).toBeGreaterThan(1.3 * least);
  });
});
