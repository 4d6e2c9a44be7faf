import { add, concat, interpolationMatrix, linearAlongAxis, multiply, slice, type Tensor } from '../graph/index.ts';
import { mapTriple, tripleAt } from '../triple.ts';
import { warp } from './spatialTransformer.ts';

/** Extents of a volume, [D, H, W]. */
export type Extent = readonly [number, number, number];

/** The extents of a volume [1, C, D, H, W]. */
export function extentOf(volume: Tensor): Extent {
  return tripleAt(volume.shape, 2);
}

/**
 * Displacement from a stationary velocity: u = exp(v) − id by scaling and squaring (Arsigny et al., MICCAI 2006),
 * u₀ = v / 2ⁿ, uₖ₊₁ = uₖ + uₖ ∘ (id + uₖ). Units: voxels of the velocity's own grid.
 * @example const displacement = integrateVelocity(flow, 7)
 */
export function integrateVelocity(velocity: Tensor, steps: number): Tensor {
  let displacement = multiply(velocity, 2 ** -steps);
  for (let k = 0; k < steps; k++) displacement = add(displacement, warp(displacement, displacement));
  return displacement;
}

/**
 * Linear interpolation of a field in voxels to a grid of another size over the same space. Vectors are scaled to the
 * new voxels.
 */
export function resizeDisplacement(displacement: Tensor, extent: Extent): Tensor {
  const from = extentOf(displacement);
  if (from.join() === extent.join()) return displacement;
  const resized = extent.reduce(
    (field, size, a) => linearAlongAxis(field, a + 2, interpolationMatrix(size, from[a]!)),
    displacement,
  );
  const scaled = extent.map((size, a) => multiply(slice(resized, 1, a, a + 1), size / from[a]!));
  return concat(scaled, 1);
}

/** What is made of a flow. */
interface FlowOptions {
  /**
   * 0: the flow is the displacement. n > 0: it is a stationary velocity, integrated by n steps of scaling and squaring.
   */
  readonly integrationSteps: number;
  /** Whether the flow is on a grid of half the size. */
  readonly halfResolution: boolean;
}

/**
 * Displacement of the whole grid that a flow stands for.
 * @example
 * const displacement = displacementFromFlow(flow, { integrationSteps: 7, halfResolution: false }, [48, 48, 48])
 */
export function displacementFromFlow(flow: Tensor, options: FlowOptions, extent: Extent): Tensor {
  const own = options.integrationSteps > 0 ? integrateVelocity(flow, options.integrationSteps) : flow;
  const covered = mapTriple(extentOf(flow), (size) => (options.halfResolution ? size * 2 : size));
  return cut(resizeDisplacement(own, covered), extent);
}

/** One displacement behind another: x → x + second(x) + first(x + second(x)), in voxels of the same grid. */
export function composed(first: Tensor, second: Tensor): Tensor {
  return add(second, warp(first, second));
}

/**
 * What undoes displacements that were composed: each step's velocity is integrated backwards, the last step's first.
 * @param velocities of the steps, [1, 3, …] in voxels of their own grids, from coarse to fine
 * @returns on the last step's grid
 */
export function inverseOfSteps(velocities: readonly [Tensor, ...Tensor[]], integrationSteps: number): Tensor {
  const back = (velocity: Tensor): Tensor => integrateVelocity(multiply(velocity, -1), integrationSteps);
  const [first, ...later] = velocities;
  return later.reduce(
    (before, velocity) => composed(back(velocity), resizeDisplacement(before, extentOf(velocity))),
    back(first),
  );
}

/** The first voxels of a field, to `extent`. */
export function cut(field: Tensor, extent: Extent): Tensor {
  return extent.reduce((part, size, a) => (part.shape[a + 2] === size ? part : slice(part, a + 2, 0, size)), field);
}
