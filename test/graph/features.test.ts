import { describe, expect, it } from 'vitest';
import { blockedFeatures, detectBlockSize } from '../../src/graph/features/blocked.ts';
import { compile, type FeatureOperators, Graph, PORTABLE_FEATURES, type Tensor } from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { relativeError } from '../support/reference.ts';

const block = await detectBlockSize();
const layouts: [string, FeatureOperators][] = [['portable', PORTABLE_FEATURES]];
if (block) layouts.push([`blocked by ${block}`, blockedFeatures(block)]);

const shapes = [[1, 3, 2, 3, 4], [1, 2, 4, 6, 8], [5, 5, 3, 3, 3], [5]] as const;

/** A repeated map and a skip, convolved together, pooled and left: every operation of a U-Net once. */
function network(features: FeatureOperators, slope?: number) {
  return (low: Tensor, skip: Tensor, weight: Tensor, bias: Tensor): Tensor => {
    const parts = [{ map: features.enter(low), repeat: true }, { map: features.enter(skip) }];
    const options = slope === undefined ? {} : { slope };
    return features.leave(features.pool(features.convolve({ parts, weight, bias, ...options })));
  };
}

describe.each(layouts)('feature maps, %s', (_, features) => {
  it('have the gradients of central differences', async () => {
    const check = { inputs: shapes, build: network(features) as (...inputs: Tensor[]) => Tensor, step: 1e-3 };
    expect(await checkGradient(check)).toBeLessThan(1e-2);
  });
});

describe.runIf(block > 0)('the two layouts', () => {
  it('give the same values', async () => {
    const random = randomStream(5, 'features');
    const graph = new Graph('layouts');
    const inputs = shapes.map((shape, k) => graph.input(`x${k}`, shape)) as [Tensor, Tensor, Tensor, Tensor];
    const program = await compile(graph, {
      portable: network(PORTABLE_FEATURES, 0.2)(...inputs),
      blocked: network(blockedFeatures(block as 8 | 16), 0.2)(...inputs),
    });
    const feeds = Object.fromEntries(
      inputs.map((input) => [input.name, Float32Array.from({ length: input.count }, () => random.normal())]),
    );
    const { portable, blocked } = await program.run(feeds);
    expect(relativeError(blocked!, portable!)).toBeLessThan(1e-5);
  });
});
