import { mapTriple } from '../../src/triple.ts';
import type { Grid, Vec3 } from '../../src/volume/grid.ts';
import { applyToPoint, closestAxes, invert, spacingOf } from '../../src/volume/matrix.ts';

/** Display axes of a plane: to the right, downwards, across. */
export type Axes = readonly [across: 0 | 1 | 2, down: 0 | 1 | 2, through: 0 | 1 | 2];

export const AXES = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] } as const satisfies Readonly<
  Record<string, Axes>
>;

/** Letters at the low and the high end of each display axis. */
export const ENDS = [
  ['R', 'L'],
  ['A', 'P'],
  ['S', 'I'],
] as const;

/**
 * A grid as it is displayed, in the order of reports: columns run to the patient's left, rows to posterior, slices to
 * inferior, along the voxels' own axes.
 */
export class Frame {
  readonly size: Vec3;
  /** mm. */
  readonly spacing: Vec3;
  readonly #strides: Vec3;
  readonly #origin: number;
  readonly #axes: readonly { readonly axis: 0 | 1 | 2; readonly isReversed: boolean }[];
  readonly #toVoxel: readonly number[];

  constructor(readonly grid: Grid) {
    const { size, affine } = grid;
    const [right, anterior, superior] = closestAxes(affine);
    this.#axes = [right, anterior, superior].map(({ axis, step }) => ({ axis, isReversed: step === 1 }));
    this.#toVoxel = invert(affine);
    const own = spacingOf(affine);
    this.size = this.#along((axis) => size[axis]);
    this.spacing = this.#along((axis) => own[axis]);
    const memory = [1, size[0], size[0] * size[1]];
    this.#strides = this.#along((axis, isReversed) => (isReversed ? -1 : 1) * memory[axis]!);
    this.#origin = this.#axes.reduce(
      (sum, { axis, isReversed }) => sum + (isReversed ? (size[axis] - 1) * memory[axis]! : 0),
      0,
    );
  }

  /** The voxel in memory at a place in the display. */
  index(place: Vec3): number {
    const [a, b, c] = this.#strides;
    return this.#origin + a * place[0] + b * place[1] + c * place[2];
  }

  /** How far apart in memory neighbours along a display axis are. */
  stride(axis: 0 | 1 | 2): number {
    return this.#strides[axis];
  }

  /** Where a point lies in the display: voxels, whose middles are whole numbers. */
  place(point: Vec3): Vec3 {
    const voxel = applyToPoint(this.#toVoxel, point);
    return this.#turned(voxel);
  }

  /** The point at a place of the display, RAS mm. */
  point(place: Vec3): Vec3 {
    const voxel: [number, number, number] = [0, 0, 0];
    for (const [n, { axis, isReversed }] of this.#axes.entries())
      voxel[axis] = isReversed ? this.size[n]! - 1 - place[n]! : place[n]!;
    return applyToPoint(this.grid.affine, voxel);
  }

  #turned(voxel: Vec3): Vec3 {
    return this.#along((axis, isReversed) => (isReversed ? this.grid.size[axis] - 1 - voxel[axis] : voxel[axis]));
  }

  #along(value: (axis: 0 | 1 | 2, isReversed: boolean) => number): Vec3 {
    return mapTriple([0, 1, 2], (n) => {
      const { axis, isReversed } = this.#axes[n]!;
      return value(axis, isReversed);
    });
  }
}
