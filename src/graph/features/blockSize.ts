import { reshape } from '../operators/layout.ts';
import { compile } from '../runtime.ts';
import { Graph } from '../tensor.ts';
import { BLOCKED_DOMAIN, type BlockSize } from './blockedLayout.ts';

/**
 * The block of channels of ONNX Runtime's kernels on this CPU: 16 with AVX-512, 8 with AVX2. It is 0 if they have no
 * blocked layout; then {@link PORTABLE_FEATURES} are used. Found by looking at how a reordered array lies in memory.
 */
export async function detectBlockSize(): Promise<BlockSize | 0> {
  detected ??= probe();
  return detected;
}

let detected: Promise<BlockSize | 0> | undefined;

async function probe(): Promise<BlockSize | 0> {
  const graph = new Graph('block_size');
  const x = graph.input('x', [1, 32, 1, 2]);
  const reordered = graph.apply('ReorderInput', [x], { shape: [1, 32, 1, 2] }, { domain: BLOCKED_DOMAIN });
  try {
    const program = await compile(graph, { out: reshape(reordered, [64]) });
    const { out } = await program.run({ x: Float32Array.from({ length: 64 }, (_, i) => i) });
    await program.release();
    // The values are 2c + w: within a block the next element is the next channel at the same w.
    const block = (out as Float32Array).indexOf(1);
    return block === 8 || block === 16 ? block : 0;
  } catch {
    return 0;
  }
}
