import { z } from 'zod';
import {
  add,
  clip,
  concat,
  divide,
  exp,
  type FeatureMap,
  linearAlongAxis,
  matrix,
  mean,
  multiply,
  sigmoid,
  slice,
  subtract,
  type Tensor,
} from '../graph/index.ts';
import { selfSimilarityContext } from '../neighbourhood/selfSimilarity.ts';
import { boxMean, extended, gaussianMean } from '../neighbourhood/windows.ts';
import { mapTriple } from '../triple.ts';
import { shiftsWithin, squaredDifferences } from './costVolume.ts';
import {
  composed,
  cut,
  type Extent,
  extentOf,
  integrateVelocity,
  inverseOfSteps,
  resizeDisplacement,
} from './displacement.ts';
import { defineNetwork } from './family.ts';
import type { ParameterSpec } from './parameters.ts';
import { warp } from './spatialTransformer.ts';
import { convolutionParameters, parameterGetter, SLOPE } from './unet.ts';

const width = z.int().min(0).max(256);

/** The settings of {@link matching}. */
const matchingSchema = z.strictObject({
  iterations: z
    .array(z.int().positive().max(32))
    .min(1)
    .max(7)
    .default([3, 3, 3])
    .describe('steps at each level, from the finest to the coarsest; each level is half as fine'),
  dilations: z
    .array(z.int().positive().max(8))
    .min(1)
    .max(3)
    .default([2, 4])
    .describe('distances in voxels at which a volume is compared with itself'),
  features: width.default(16).describe('channels of the convolutions that correct the descriptors; 0: none'),
  hidden: width.default(24).describe('channels of the convolution that corrects the matched shift; 0: none'),
  sharpness: z
    .number()
    .positive()
    .max(1e4)
    .default(100)
    .describe('how much a smaller difference counts at first: weights are exp(−sharpness · difference)'),
  smoothing: z.number().positive().max(8).default(1).describe('SD in voxels by which each step is smoothed'),
  halfResolution: z.boolean().default(false).describe('stop one level below the finest'),
  integrationSteps: z.int().min(0).max(12).default(0).describe('steps of scaling and squaring at each step'),
});

/** The same, settled. */
type MatchingOptions = z.infer<typeof matchingSchema>;

/** Shifts that are compared in a step: up to one voxel along each axis. */
const SHIFTS = shiftsWithin(1);

/** Exponents that stay finite, and whose sum does. */
const LARGEST_EXPONENT = 60;

/**
 * Registration by matching of descriptors, unrolled to a network. Each volume is described by its self-similarities,
 * which do not depend on contrast (MIND-SSC; Heinrich et al., MICCAI 2013), and averaged to coarser levels. From the
 * coarsest level up, a step warps the moving descriptors by the displacement so far and compares them with the fixed
 * ones at all shifts of one voxel. The mean shift, weighted by exp(−sharpness · difference), is smoothed and composed
 * with the displacement so far: u ← v + u ∘ (id + v), v integrated where asked for. Weighting shifts by a softmax over
 * their differences is from PDD-Net (Heinrich, MICCAI 2019), warping from level to level from PWC-Net (Sun et al.,
 * CVPR 2018). Three parts are learnt, and begin at almost nothing: what convolutions add to the descriptors, what they
 * add to a step's shift, and the sharpness of each level. So the network registers before it is trained. The steps of
 * a level share their weights. The flow that regularisers see is the whole displacement.
 */
export const matching = defineNetwork<MatchingOptions>({
  name: 'matching',
  summary: 'self-similarities of both volumes, matched from coarse to fine; registers untrained',
  schema: matchingSchema,
  repeats: ['iterations'],
  parameters({ iterations, dilations, features, hidden }, flowDeviation = 1e-5) {
    const described = 12 * dilations.length;
    const correction = Math.max(flowDeviation, 1e-3);
    return iterations.flatMap((_, k): ParameterSpec[] => [
      { name: `level${k}.sharpness`, shape: [1], initial: { kind: 'zero' } },
      ...(features > 0
        ? [
            ...convolutionParameters(`level${k}.features`, described + 1 + (k === 0 ? 0 : features), features),
            ...convolutionParameters(`level${k}.descriptors`, features, described, correction),
          ]
        : []),
      ...(hidden > 0
        ? [
            ...convolutionParameters(`level${k}.hidden`, SHIFTS.length + features + 3, hidden),
            ...convolutionParameters(`level${k}.flow`, hidden, 3, correction),
          ]
        : []),
    ]);
  },
  build(moving, fixed, parameters, options, features) {
    const { iterations, dilations, sharpness, smoothing, halfResolution, integrationSteps } = options;
    const extent = extentOf(fixed);
    const finest = halfResolution ? 1 : 0;
    const multiple = 2 ** (finest + iterations.length - 1);
    const after = mapTriple(extent, (size) => Math.ceil(size / multiple) * multiple - size);
    const get = parameterGetter(parameters);
    const convolve = (name: string, maps: readonly FeatureMap[], slope?: number): FeatureMap =>
      features.convolve({
        parts: maps.map((map) => ({ map })),
        weight: get(`${name}.weight`),
        bias: get(`${name}.bias`),
        ...(slope === undefined ? {} : { slope }),
      });

    const describe = (volume: Tensor): Described[] => {
      const whole = extended(volume, [0, 0, 0], after);
      const similarities = dilations.map((dilation) => selfSimilarityContext(whole, { radius: 1, dilation }));
      // Averaged one by one: joining them at half the resolution moves an eighth of the data.
      let pooled = concat(
        [...similarities, whole].map((map) => (halfResolution ? averaged(map) : map)),
        1,
      );
      let learnt: FeatureMap | undefined;
      return iterations.map((_, k) => {
        if (k > 0) pooled = averaged(pooled);
        const descriptors = slice(pooled, 1, 0, 12 * dilations.length);
        if (options.features === 0) return { descriptors, learnt };
        const inputs = [features.enter(pooled), ...(learnt ? [features.pool(learnt)] : [])];
        learnt = convolve(`level${k}.features`, inputs, SLOPE);
        const correction = features.leave(convolve(`level${k}.descriptors`, [learnt]));
        return { descriptors: add(descriptors, correction), learnt };
      });
    };
    const ours = describe(fixed);
    const theirs = describe(moving);

    const velocityOf = (k: number, displacement: Tensor | undefined): Tensor => {
      const own = ours[k] as Described;
      const { descriptors: other } = theirs[k] as Described;
      const differences = squaredDifferences(own.descriptors, displacement ? warp(other, displacement) : other, 1);
      const scale = multiply(exp(multiply(get(`level${k}.sharpness`), SHARPNESS_STEP)), -sharpness);
      const weights = softmax(multiply(boxMean(differences, 3), scale));
      let shift = linearAlongAxis(
        weights,
        1,
        matrix(3, SHIFTS.length, (axis, n) => SHIFTS[n]![axis]!),
      );
      if (options.hidden > 0) {
        const rough = displacement
          ? subtract(displacement, gaussianMean(displacement, 2))
          : weights.graph.zeros([1, 3, ...extentOf(weights)]);
        const inputs = [features.enter(concat([weights, rough], 1)), ...(own.learnt ? [own.learnt] : [])];
        const correction = convolve(`level${k}.flow`, [convolve(`level${k}.hidden`, inputs, SLOPE)]);
        shift = add(shift, bounded(features.leave(correction)));
      }
      return gaussianMean(shift, smoothing);
    };

    let found: Tensor | undefined;
    const velocities: Tensor[] = [];
    for (let k = iterations.length - 1; k >= 0; k--) {
      found &&= resizeDisplacement(found, extentOf((ours[k] as Described).descriptors));
      for (let n = 0; n < iterations[k]!; n++) {
        const velocity = velocityOf(k, found);
        velocities.push(velocity);
        const step = integrationSteps > 0 ? integrateVelocity(velocity, integrationSteps) : velocity;
        found = found ? composed(found, step) : step;
      }
    }
    const flow = found as Tensor;
    const padded = mapTriple(extent, (size, a) => size + after[a]!) satisfies Extent;
    const whole = (field: Tensor): Tensor => cut(resizeDisplacement(field, padded), extent);
    const displacement = whole(flow);
    const inverse = (): Tensor => whole(inverseOfSteps(velocities as [Tensor, ...Tensor[]], integrationSteps));
    const moved = warp(moving, displacement);
    return { flow, displacement, moved, ...(integrationSteps > 0 && { inverse }) };
  },
});

/** How a volume is described at a level. */
interface Described {
  /** What is compared, [1, C, D, H, W]. */
  readonly descriptors: Tensor;
  /** What was learnt of it. */
  readonly learnt: FeatureMap | undefined;
}

/** The sharpness is exp(10 p) times the first one: a step of the optimiser changes it by about a hundredth. */
const SHARPNESS_STEP = 10;

/** x where it is small, and between −2 and 2: a correction of more voxels is a step of a coarser level. */
function bounded(x: Tensor): Tensor {
  return subtract(multiply(sigmoid(x), 4), 2);
}

/** Means of cells of 2³ voxels; all extents must be even. */
function averaged(x: Tensor): Tensor {
  return [2, 3, 4].reduce((volume, axis) => {
    const extent = volume.shape[axis]!;
    const half = matrix(extent / 2, extent, (row, column) => (Math.floor(column / 2) === row ? 0.5 : 0));
    return linearAlongAxis(volume, axis, half);
  }, x);
}

/** Softmax over the channels. */
function softmax(x: Tensor): Tensor {
  const weights = exp(clip(subtract(x, mean(x, [1], true)), -LARGEST_EXPONENT, LARGEST_EXPONENT));
  const total = linearAlongAxis(
    weights,
    1,
    matrix(1, weights.shape[1]!, () => 1),
  );
  return divide(weights, total);
}
