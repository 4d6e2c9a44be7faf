/** Voxels along x (i, fastest in memory), y (j) and z (k). */
export type Size = readonly [number, number, number];

/** A 4×4 matrix, row-major, 16 numbers. */
export type Mat4 = readonly number[];

/** A point or vector in three dimensions. */
export type Vec3 = readonly [number, number, number];

/**
 * A regular grid of voxels in space.
 * `affine` maps a voxel index (i, j, k) to world coordinates in millimetres, RAS as NIfTI has it.
 */
export interface Grid {
  readonly size: Size;
  readonly affine: Mat4;
}

/** An image: intensities at the voxels, index = i + nx·(j + ny·k). As an array in C order its shape is [nz, ny, nx]. */
export interface Volume extends Grid {
  readonly data: Float32Array;
}

/** A segmentation: an integer label at each voxel (0 is background), laid out as in {@link Volume}. */
export interface Labels extends Grid {
  readonly data: Int32Array;
}

/** Where a volume counts, laid out as its voxels: above 0 where it does. */
export type Mask = Uint8Array | Float32Array;

/**
 * A deformation on the fixed image's grid, in millimetres, LPS (as ITK, ANTs and Slicer have it):
 * the fixed point p corresponds to the moving point p + u(p).
 * `data` holds the components one after the other: [3, nz, ny, nx], the first along L, then P, then S.
 */
export interface Warp extends Grid {
  readonly data: Float32Array;
}
