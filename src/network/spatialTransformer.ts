import {
  abs,
  add,
  cast,
  clip,
  floor,
  type Graph,
  gatherRows,
  gemm,
  multiply,
  pad,
  reshape,
  slice,
  stopGradient,
  subtract,
  type Tensor,
  transpose,
} from '../graph/index.ts';

/** What lies outside the volume: the nearest voxel of its border, or zero. */
export type Outside = 'border' | 'zeros';

/** Identity coordinates along one axis, shaped to broadcast over a volume: [1, 1, D, 1, 1] for axis 0 and so on. */
function coordinates(graph: Graph, extent: number, axis: number): Tensor {
  return graph.constant(
    Float32Array.from({ length: extent }, (_, i) => i),
    [1, 1, 1, 1, 1].with(axis + 2, extent),
  );
}

/**
 * Spatial transformer (Jaderberg et al. 2015): out(x) = moving(x + u(x)), trilinear.
 *
 * @param moving [1, C, D, H, W]
 * @param displacement u, [1, 3, D', H', W'] in voxels of `moving`; channel a moves along array axis a. The output's
 * grid is the
 *   displacement's; voxel (0, 0, 0) of both coincides.
 * @returns [1, C, D', H', W']
 *
 * Made of eight gathers and seven linear interpolations, so that it runs on every execution provider and has its
 * gradient for free. At border the gradient to a clamped coordinate is zero, as in torch.grid_sample.
 * @example
 * const moved = warp(a, displacementFromFlow(flow, { integrationSteps: 0, halfResolution: false }, [48, 48, 48]))
 */
export function warp(moving: Tensor, displacement: Tensor, outside: Outside = 'border'): Tensor {
  if (outside === 'zeros') {
    // A rim of zeros around the volume; sampling it with its border repeated gives zero everywhere outside.
    const rim = [0, 0, 1, 1, 1];
    return sample(pad(moving, rim, rim), displacement, 1);
  }
  return sample(moving, displacement, 0);
}

/**
 * A mask moved by a displacement: the nearest voxel of `mask` at x + u(x), 0 outside. No gradient: it says where to
 * look, not what for.
 *
 * @param mask [1, 1, D, H, W] of zeros and ones
 */
export function warpMask(mask: Tensor, displacement: Tensor): Tensor {
  const { graph } = mask;
  const [, , ...extent] = mask.shape as readonly [number, number, number, number, number];
  const [, , ...out] = displacement.shape as readonly [number, number, number, number, number];
  const field = stopGradient(displacement);
  const int = (value: number): Tensor => graph.constant([value], [], 'int32');
  const axes = ([0, 1, 2] as const).map((axis) => {
    const position = add(slice(field, 1, axis, axis + 1), coordinates(graph, out[axis], axis));
    const nearest = floor(add(position, 0.5));
    const index = clip(nearest, 0, extent[axis] - 1);
    // 1 inside, 0 where the index had to be brought back.
    return { index: cast(index, 'int32'), inside: subtract(1, clip(abs(subtract(nearest, index)), 0, 1)) };
  }) as [{ index: Tensor; inside: Tensor }, { index: Tensor; inside: Tensor }, { index: Tensor; inside: Tensor }];
  const [z, y, x] = axes;
  const row = add(multiply(add(multiply(z.index, int(extent[1])), y.index), int(extent[2])), x.index);
  const values = reshape(gatherRows(reshape(mask, [mask.count, 1]), reshape(row, [row.count])), [1, 1, ...out]);
  return stopGradient(multiply(values, multiply(z.inside, multiply(y.inside, x.inside))));
}

function sample(moving: Tensor, displacement: Tensor, origin: number): Tensor {
  const { graph } = moving;
  const [, channels, ...extent] = moving.shape as readonly [number, number, number, number, number];
  const [, , ...out] = displacement.shape as readonly [number, number, number, number, number];
  const count = out[0] * out[1] * out[2];

  const axes = ([0, 1, 2] as const).map((axis) => {
    const size = extent[axis];
    const identity = add(coordinates(graph, out[axis], axis), origin);
    const position = clip(add(slice(displacement, 1, axis, axis + 1), identity), 0, size - 1);
    const low = clip(floor(position), 0, Math.max(0, size - 2));
    return {
      low: reshape(cast(low, 'int32'), [count]),
      fraction: forEachChannel(reshape(subtract(position, low), [count, 1]), channels),
      step: size > 1 ? 1 : 0,
    };
  });
  const [z, y, x] = axes as [(typeof axes)[0], (typeof axes)[0], (typeof axes)[0]];
  const int = (value: number): Tensor => graph.constant([value], [], 'int32');
  const rowOf = add(multiply(add(multiply(z.low, int(extent[1])), y.low), int(extent[2])), x.low);

  const rows =
    channels === 1
      ? reshape(moving, [moving.count, 1])
      : transpose(reshape(moving, [channels, extent[0] * extent[1] * extent[2]]), [1, 0]);
  const corner = (dz: number, dy: number, dx: number): Tensor => {
    const offset = (dz * z.step * extent[1] + dy * y.step) * extent[2] + dx * x.step;
    return gatherRows(rows, offset === 0 ? rowOf : add(rowOf, int(offset)));
  };
  const blend = (a: Tensor, b: Tensor, fraction: Tensor): Tensor => add(a, multiply(subtract(b, a), fraction));
  const alongX = (dz: number, dy: number): Tensor => blend(corner(dz, dy, 0), corner(dz, dy, 1), x.fraction);
  const alongY = (dz: number): Tensor => blend(alongX(dz, 0), alongX(dz, 1), y.fraction);
  const values = blend(alongY(0), alongY(1), z.fraction);
  return reshape(channels === 1 ? values : transpose(values, [1, 0]), [1, channels, ...out]);
}

/** [count, 1] → [count, channels], as a product with ones: broadcasting a narrow last axis is slow on the CPU. */
function forEachChannel(column: Tensor, channels: number): Tensor {
  if (channels === 1) return column;
  return gemm(column, column.graph.constant(new Float32Array(channels).fill(1), [1, channels]));
}
