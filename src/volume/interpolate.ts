import type { Size } from './grid.ts';

/**
 * What lies outside an image: a number, or its border voxels continued. A position counts as outside when it is more
 * than half a voxel beyond the outermost voxel centres; nearer ones take the border's value.
 */
export type Outside = number | 'edge';

/**
 * Interpolates linearly at a row of positions.
 * @param source voxels, of which those from `from` on form an image of `size`.
 * @param positions continuous voxel indices, x, y, z of one position after the other.
 * @param out gets as many values as there are positions, from index `at` on.
 */
export function linearRow(
  source: Float32Array,
  from: number,
  [nx, ny, nz]: Size,
  positions: Float64Array,
  outside: Outside,
  out: Float32Array,
  at: number,
): void {
  const constant = outside !== 'edge';
  const value = constant ? outside : 0;
  const [xMax, yMax, zMax] = [nx - 1, ny - 1, nz - 1];
  const [xLast, yLast, zLast] = [Math.max(nx - 2, 0), Math.max(ny - 2, 0), Math.max(nz - 2, 0)];
  const dx = nx > 1 ? 1 : 0;
  const dy = ny > 1 ? nx : 0;
  const dz = nz > 1 ? nx * ny : 0;
  const count = positions.length / 3;
  for (let n = 0; n < count; n++) {
    let x = positions[3 * n]!;
    let y = positions[3 * n + 1]!;
    let z = positions[3 * n + 2]!;
    if (constant && !(x >= -0.5 && x <= nx - 0.5 && y >= -0.5 && y <= ny - 0.5 && z >= -0.5 && z <= nz - 0.5)) {
      out[at + n] = value;
      continue;
    }
    x = x > 0 ? Math.min(x, xMax) : 0;
    y = y > 0 ? Math.min(y, yMax) : 0;
    z = z > 0 ? Math.min(z, zMax) : 0;
    const i = Math.min(Math.floor(x), xLast);
    const j = Math.min(Math.floor(y), yLast);
    const k = Math.min(Math.floor(z), zLast);
    const fx = x - i;
    const fy = y - j;
    const fz = z - k;
    const p = from + i + nx * (j + ny * k);
    const v00 = source[p]! + fx * (source[p + dx]! - source[p]!);
    const v10 = source[p + dy]! + fx * (source[p + dy + dx]! - source[p + dy]!);
    const v01 = source[p + dz]! + fx * (source[p + dz + dx]! - source[p + dz]!);
    const v11 = source[p + dz + dy]! + fx * (source[p + dz + dy + dx]! - source[p + dz + dy]!);
    const v0 = v00 + fy * (v10 - v00);
    const v1 = v01 + fy * (v11 - v01);
    out[at + n] = v0 + fz * (v1 - v0);
  }
}

/** Takes the nearest voxel at a row of positions; arguments as in {@link linearRow}. */
export function nearestRow(
  source: Float32Array | Int32Array,
  [nx, ny, nz]: Size,
  positions: Float64Array,
  outside: Outside,
  out: Float32Array | Int32Array,
  at: number,
): void {
  const count = positions.length / 3;
  for (let n = 0; n < count; n++) {
    let i = Math.round(positions[3 * n]!);
    let j = Math.round(positions[3 * n + 1]!);
    let k = Math.round(positions[3 * n + 2]!);
    const inside = i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz;
    if (!inside) {
      if (outside !== 'edge') {
        out[at + n] = outside;
        continue;
      }
      i = Math.min(Math.max(i, 0), nx - 1);
      j = Math.min(Math.max(j, 0), ny - 1);
      k = Math.min(Math.max(k, 0), nz - 1);
    }
    out[at + n] = source[i + nx * (j + ny * k)]!;
  }
}
