import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, type Device, PORTABLE_FEATURES } from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { initialParameters } from '../../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../../src/network/registry.ts';
import { adamValues } from '../../src/optimise/adam.ts';
import { randomStream } from '../../src/random.ts';
import { trainingStep } from '../../src/training/stepGraph.ts';
import { relativeError } from '../support/reference.ts';

// Debian's Chromium brings a software Vulkan device, on which ONNX Runtime's WebGPU provider runs without a graphics
// card.
const SOFTWARE_DEVICE = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'];
const available = existsSync(SOFTWARE_DEVICE) && loader.some(existsSync);
if (available) process.env.VK_DRIVER_FILES ??= SOFTWARE_DEVICE;

const network = chooseNetwork('unet', {
  encoder: [4, 4],
  decoder: [4, 4],
  remaining: [4],
  halfResolution: true,
  integrationSteps: 2,
});

async function step(device: Device): Promise<Record<string, Float32Array>> {
  const { graph, outputs } = trainingStep({
    network,
    loss: chooseSimilarity('ncc', { window: 5 }),
    smoothness: 0.5,
    extent: [8, 8, 8],
    features: PORTABLE_FEATURES,
  });
  const program = await compile(graph, outputs, { device });
  const parameters = initialParameters(networkParameters(network), 1);
  const random = randomStream(1, 'webgpu');
  const volume = (): Float32Array => Float32Array.from({ length: 512 }, () => random.normal());
  const zeros = (): Float32Array => new Float32Array(parameters.length);
  const feeds = {
    parameters,
    first: zeros(),
    second: zeros(),
    moving: volume(),
    fixed: volume(),
    ...adamValues(1, 1e-3),
  };
  const result = await program.run(feeds);
  await program.release();
  return result;
}

describe.skipIf(!available)('webgpu (skipped without a Vulkan device: apt-get install chromium libvulkan1)', () => {
  it('takes the same training step as the CPU', async () => {
    const [gpu, cpu] = [await step('webgpu'), await step('cpu')];
    expect(Math.abs(gpu.loss![0]! / cpu.loss![0]! - 1)).toBeLessThan(1e-4);
    expect(relativeError(gpu.next_first!, cpu.next_first!)).toBeLessThan(1e-3);
  });
});
