import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blockedFeatures } from '../../src/graph/features/blocked.ts';
import { detectBlockSize } from '../../src/graph/features/blockSize.ts';
import {
  compile,
  type FeatureOperators,
  Graph,
  gradients,
  mean,
  PORTABLE_FEATURES,
  square,
  type Tensor,
} from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { relativeError } from '../support/reference.ts';

const block = await detectBlockSize();
/** Behind the name of a test that needs the blocked layout. */
const why = block > 0 ? `, blocked by ${block}` : ' (skipped: the kernels of this processor have no blocked layout)';

const shapes = [[1, 3, 2, 3, 4], [1, 2, 4, 6, 8], [5, 5, 3, 3, 3], [5]] as const;

/** A repeated map and a skip, convolved together, pooled and left: every operation of a U-Net once. */
function network(features: FeatureOperators, slope?: number) {
  return (low: Tensor, skip: Tensor, weight: Tensor, bias: Tensor): Tensor => {
    const parts = [{ map: features.enter(low), repeat: true }, { map: features.enter(skip) }];
    const options = slope === undefined ? {} : { slope };
    return features.leave(features.pool(features.convolve({ parts, weight, bias, ...options })));
  };
}

async function gradientError(features: FeatureOperators): Promise<number> {
  const build = network(features) as (...inputs: Tensor[]) => Tensor;
  return checkGradient({ inputs: shapes, build, step: 1e-3 });
}

describe('portable feature maps', () => {
  it('have the gradients of central differences', async () => {
    expect(await gradientError(PORTABLE_FEATURES)).toBeLessThan(1e-2);
  });
});

/** Whether this is a processor for which ONNX Runtime is known to have blocked kernels. */
const mustBlock = process.arch === 'x64' && /\bavx2\b/.test(flags());

function flags(): string {
  return existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
}

it.skipIf(!mustBlock)(
  `the probe finds a blocked layout${mustBlock ? '' : ' (skipped: no AVX2 that could be seen)'}`,
  () => {
    expect([8, 16]).toContain(block);
  },
);

describe.skipIf(block === 0)(`blocked feature maps${why}`, () => {
  it('have the gradients of central differences', async () => {
    expect(await gradientError(blockedFeatures(block as 8 | 16))).toBeLessThan(1e-2);
  });

  it('give the same values as portable ones', async () => {
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

  // Both ways round, and so large that the planes are taken in slabs.
  it.each([
    [6, 16],
    [16, 6],
  ])('give the same gradients to weights as portable ones, from %d to %d channels', async (inputs, outputs) => {
    const random = randomStream(7, 'slabs');
    const graph = new Graph('slabs');
    const x = graph.input('x', [1, inputs, 28, 40, 38]);
    const weight = graph.input('weight', [outputs, inputs, 3, 3, 3]);
    const bias = graph.input('bias', [outputs]);
    const slopes = (features: FeatureOperators): Tensor[] => {
      const map = features.convolve({ parts: [{ map: features.enter(x) }], weight, bias, slope: 0.2 });
      return gradients(mean(square(features.leave(map))), [weight, bias]);
    };
    const [portable, portableBias] = slopes(PORTABLE_FEATURES) as [Tensor, Tensor];
    const [blocked, blockedBias] = slopes(blockedFeatures(block as 8 | 16)) as [Tensor, Tensor];
    const products = graph.operations.filter(({ op }) => op === 'MatMul');
    expect(products.length).toBeGreaterThan(1);
    const program = await compile(graph, { portable, portableBias, blocked, blockedBias });
    const feeds = [x, weight, bias].map(
      ({ name, count }) => [name, Float32Array.from({ length: count }, () => random.normal())] as const,
    );
    const found = await program.run(Object.fromEntries(feeds));
    await program.release();
    expect(relativeError(found.blocked!, found.portable!)).toBeLessThan(1e-5);
    expect(relativeError(found.blockedBias!, found.portableBias!)).toBeLessThan(1e-5);
  });
});
