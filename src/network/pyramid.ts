import { z } from 'zod';
import { concat, type FeatureMap, type FeaturePart, pad, type Tensor } from '../graph/index.ts';
import { mapTriple } from '../triple.ts';
import { correlation } from './correlation.ts';
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

const width = z.int().positive().max(1024);

/** The settings of {@link pyramid}. */
const pyramidSchema = z.strictObject({
  levels: z
    .array(width)
    .min(2)
    .max(7)
    .default([16, 32, 32, 32])
    .describe(
      'channels of the features of each volume, from the finest level to the coarsest; each level is half as fine',
    ),
  matching: z
    .array(width)
    .min(1)
    .max(4)
    .default([32, 32])
    .describe('channels of the convolutions that compare the two at each level'),
  correlation: z
    .int()
    .min(0)
    .max(3)
    .default(0)
    .describe('longest shift in voxels by which features are correlated at each level; 0: no correlation'),
  halfResolution: z.boolean().default(false).describe('stop one level below the finest'),
  integrationSteps: z.int().min(0).max(12).default(0).describe('steps of scaling and squaring at each level'),
});

/** The same, settled. */
type PyramidOptions = z.infer<typeof pyramidSchema>;

/** The level at which the displacement ends; 0 is the finest. */
function lastLevel({ halfResolution }: PyramidOptions): number {
  return halfResolution ? 1 : 0;
}

/**
 * A pyramid of two streams (after Hu et al., MICCAI 2019). Levels are composed as in LapIRN (Mok & Chung, MICCAI 2020).
 * One encoder, the same for both volumes, gives features from fine to coarse. From the coarsest level up, the moving
 * features are warped by the displacement so far and compared with the fixed ones. The velocity that comes of it is
 * integrated where asked for. Its displacement is put behind the one so far: u ← v + u ∘ (id + v). Where asked for,
 * features are also correlated with small shifts of the moving ones. What a level has found out goes on to the next as
 * features. A displacement of many voxels is one of few at a coarse level. The flow that regularisers see is the whole
 * displacement.
 */
export const pyramid = defineNetwork<PyramidOptions>({
  name: 'pyramid',
  summary: 'a pyramid: features of both volumes, compared from coarse to fine',
  schema: pyramidSchema,
  parameters(options, flowDeviation = 1e-5) {
    const { levels, matching } = options;
    const specs: ParameterSpec[] = [];
    let inputs = 1;
    levels.forEach((outputs, k) => {
      specs.push(...convolutionParameters(`encoder${k}`, inputs, outputs));
      inputs = outputs;
    });
    for (let k = levels.length - 1; k >= lastLevel(options); k--) {
      const isCoarsest = k === levels.length - 1;
      inputs = 2 * levels[k]! + (isCoarsest ? 0 : 3 + matching.at(-1)!) + shiftsOf(options);
      matching.forEach((outputs, n) => {
        specs.push(...convolutionParameters(`level${k}.${n}`, inputs, outputs));
        inputs = outputs;
      });
      specs.push(...convolutionParameters(`level${k}.flow`, inputs, 3, flowDeviation));
    }
    return specs;
  },
  build(moving, fixed, parameters, options, features) {
    const { levels, matching, integrationSteps, correlation: correlationReach } = options;
    const extent = extentOf(fixed);
    const multiple = 2 ** (levels.length - 1);
    const after = [0, 0, ...extent.map((size) => Math.ceil(size / multiple) * multiple - size)];
    const get = parameterGetter(parameters);
    const convolve = (name: string, parts: readonly FeaturePart[], slope?: number): FeatureMap =>
      features.convolve({
        parts,
        weight: get(`${name}.weight`),
        bias: get(`${name}.bias`),
        ...(slope === undefined ? {} : { slope }),
      });
    const encode = (volume: Tensor): FeatureMap[] => {
      let map = features.enter(pad(volume, [0, 0, 0, 0, 0], after));
      return levels.map((_, k) => {
        map = convolve(`encoder${k}`, [{ map: k === 0 ? map : features.pool(map) }], SLOPE);
        return map;
      });
    };
    const ours = encode(fixed);
    const theirs = encode(moving);

    let found: { readonly displacement: Tensor; readonly known: FeatureMap } | undefined;
    const velocities: Tensor[] = [];
    for (let k = levels.length - 1; k >= lastLevel(options); k--) {
      const own = ours[k] as FeatureMap;
      const other = theirs[k] as FeatureMap;
      const grid = levelExtent(extent, after, k);
      const before = found && resizeDisplacement(found.displacement, grid);
      const warped = before && warp(features.leave(other), before);
      const correlated =
        correlationReach > 0
          ? [correlation(features.leave(own), warped ?? features.leave(other), correlationReach)]
          : [];
      let parts: FeaturePart[] = [{ map: other }, { map: own }];
      if (found && before && warped)
        parts = [
          { map: features.enter(concat([warped, before, ...correlated], 1)) },
          { map: own },
          { map: found.known, repeat: true },
        ];
      else if (correlated[0]) parts.push({ map: features.enter(correlated[0]) });
      let known = own;
      matching.forEach((_, n) => {
        known = convolve(`level${k}.${n}`, parts, SLOPE);
        parts = [{ map: known }];
      });
      const velocity = features.leave(convolve(`level${k}.flow`, parts));
      velocities.push(velocity);
      const step = integrationSteps > 0 ? integrateVelocity(velocity, integrationSteps) : velocity;
      found = { displacement: before ? composed(before, step) : step, known };
    }
    const flow = (found as { readonly displacement: Tensor }).displacement;
    const whole = (field: Tensor): Tensor => cut(resizeDisplacement(field, levelExtent(extent, after, 0)), extent);
    const displacement = whole(flow);
    const inverse = (): Tensor => whole(inverseOfSteps(velocities as [Tensor, ...Tensor[]], integrationSteps));
    const moved = warp(moving, displacement);
    return { flow, displacement, moved, ...(integrationSteps > 0 && { inverse }) };
  },
});

/** Shifts by which features are correlated. */
function shiftsOf({ correlation: reach }: PyramidOptions): number {
  return reach > 0 ? (2 * reach + 1) ** 3 : 0;
}

/** The padded extents at a level. */
function levelExtent(extent: Extent, after: readonly number[], level: number): Extent {
  return mapTriple(extent, (size, a) => (size + after[a + 2]!) / 2 ** level);
}
