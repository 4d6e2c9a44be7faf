import { z } from 'zod';
import type { FeatureOperators } from '../graph/index.ts';
import {
  add,
  concat,
  interpolationMatrix,
  linearAlongAxis,
  multiply,
  pad,
  slice,
  type Tensor,
} from '../graph/index.ts';
import { warp } from './spatialTransformer.ts';
import { sizeMultiple, type UnetOptions, unet } from './unet.ts';

const channels = z.array(z.int().positive().max(1024)).min(1).max(8);

/** The bounds of a network that comes from a file: within them its graph can be built. */
export const networkSchema = z.strictObject({
  encoder: channels,
  decoder: channels,
  remaining: channels,
  halfResolution: z.boolean(),
  integrationSteps: z.int().min(0).max(12),
});

/** Structure of a registration network: the U-Net and what is made of its flow. */
export interface NetworkOptions extends UnetOptions {
  /** 0: the flow is the displacement. n > 0: it is a stationary velocity, integrated by n steps of scaling and squaring. */
  readonly integrationSteps: number;
}

/** What a registration network gives. */
export interface Registered {
  /** The U-Net's output: displacement or velocity, on the network's own grid (half the size at half resolution). */
  readonly flow: Tensor;
  /** [1, 3, D, H, W], voxels: fixed voxel x corresponds to moving voxel x + u(x). */
  readonly displacement: Tensor;
  /** The moving volume on the fixed grid, [1, 1, D, H, W]. */
  readonly moved: Tensor;
}

type Extent = readonly [number, number, number];

function extentOf(volume: Tensor): Extent {
  return volume.shape.slice(2) as unknown as Extent;
}

/**
 * Displacement from a stationary velocity: u = exp(v) − id by scaling and squaring (Arsigny et al., MICCAI 2006),
 * u₀ = v / 2ⁿ, uₖ₊₁ = uₖ + uₖ ∘ (id + uₖ). Units: voxels of the velocity's own grid.
 */
export function integrateVelocity(velocity: Tensor, steps: number): Tensor {
  let displacement = multiply(velocity, 2 ** -steps);
  for (let k = 0; k < steps; k++) displacement = add(displacement, warp(displacement, displacement));
  return displacement;
}

/** Linear interpolation of a field in voxels to a grid of other extents over the same space; vectors are scaled to the new voxels. */
export function resizeDisplacement(displacement: Tensor, extent: Extent): Tensor {
  const from = extentOf(displacement);
  if (from.join() === extent.join()) return displacement;
  const resized = extent.reduce(
    (field, size, a) => linearAlongAxis(field, a + 2, interpolationMatrix(size, from[a] as number)),
    displacement,
  );
  const scaled = extent.map((size, a) => multiply(slice(resized, 1, a, a + 1), size / (from[a] as number)));
  return concat(scaled, 1);
}

/** Displacement of the whole grid that a flow stands for. */
export function displacementFromFlow(flow: Tensor, options: NetworkOptions, extent: Extent): Tensor {
  const own = options.integrationSteps > 0 ? integrateVelocity(flow, options.integrationSteps) : flow;
  const covered = extentOf(flow).map((size) => (options.halfResolution ? size * 2 : size)) as unknown as Extent;
  return cut(resizeDisplacement(own, covered), extent);
}

/** The first voxels of a field, to `extent`. */
function cut(field: Tensor, extent: Extent): Tensor {
  return extent.reduce((part, size, a) => (part.shape[a + 2] === size ? part : slice(part, a + 2, 0, size)), field);
}

/**
 * VoxelMorph: U-Net, integration where asked for, spatial transformer.
 * Volumes [1, 1, D, H, W] of any extents; inside they are padded with zeros (the mean of a normalised volume) to multiples of the
 * U-Net's poolings, and the field is cut back.
 */
export function registrationNetwork(
  moving: Tensor,
  fixed: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  options: NetworkOptions,
  features: FeatureOperators,
): Registered {
  const extent = extentOf(fixed);
  const multiple = sizeMultiple(options);
  const after = [0, 0, ...extent.map((size) => Math.ceil(size / multiple) * multiple - size)];
  const before = [0, 0, 0, 0, 0];
  const flow = unet(pad(moving, before, after), pad(fixed, before, after), parameters, options, features);
  const displacement = displacementFromFlow(flow, options, extent);
  return { flow, displacement, moved: warp(moving, displacement) };
}
