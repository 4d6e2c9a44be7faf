import type { Size, Vec3 } from '../volume/grid.ts';

/**
 * Squared Euclidean distance in mm² from each voxel to the nearest marked voxel, exact, for voxels of any shape.
 * One lower envelope of parabolas per line and axis: Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012,
 * doi:10.4086/toc.2012.v008a019.
 * @param marked not 0 at marked voxels, index = i + nx·(j + ny·k).
 * @param spacing mm along x, y, z.
 * @returns infinity everywhere when no voxel is marked.
 */
export function squaredDistances(marked: Uint8Array, [nx, ny, nz]: Size, spacing: Vec3): Float64Array {
  const out = new Float64Array(marked.length);
  for (let row = 0; row < marked.length; row += nx) alongRow(marked, out, row, nx, spacing[0]);
  const longest = Math.max(ny, nz);
  const lower = new Envelope(longest);
  for (let k = 0; k < nz; k++) {
    for (let i = 0; i < nx; i++) lower.transform(out, i + nx * ny * k, nx, ny, spacing[1]);
  }
  for (let start = 0; start < nx * ny; start++) lower.transform(out, start, nx * ny, nz, spacing[2]);
  return out;
}

/** The first axis needs no envelope: two sweeps find the nearest marked voxel of a row. */
function alongRow(marked: Uint8Array, out: Float64Array, row: number, nx: number, spacing: number): void {
  let steps = Number.POSITIVE_INFINITY;
  for (let i = 0; i < nx; i++) {
    steps = marked[row + i] ? 0 : steps + 1;
    out[row + i] = steps;
  }
  steps = Number.POSITIVE_INFINITY;
  for (let i = nx - 1; i >= 0; i--) {
    steps = marked[row + i] ? 0 : steps + 1;
    const nearest = Math.min(steps, out[row + i]!) * spacing;
    out[row + i] = nearest * nearest;
  }
}

/** The lower envelope of parabolas on one line, with its working memory. */
class Envelope {
  private readonly apex: Int32Array;
  private readonly start: Float64Array;
  private readonly height: Float64Array;

  constructor(length: number) {
    this.apex = new Int32Array(length);
    this.start = new Float64Array(length + 1);
    this.height = new Float64Array(length);
  }

  /** Replaces the values f of a line by min over q of (s·(p − q))² + f(q). */
  transform(values: Float64Array, from: number, stride: number, length: number, spacing: number): void {
    const { apex, start, height } = this;
    const square = spacing * spacing;
    let last = -1;
    for (let q = 0; q < length; q++) {
      const f = values[from + q * stride]!;
      height[q] = f;
      if (f === Number.POSITIVE_INFINITY) continue;
      let crossing = Number.NEGATIVE_INFINITY;
      while (last >= 0) {
        const r = apex[last]!;
        crossing = ((f - height[r]!) / square + q * q - r * r) / (2 * (q - r));
        if (crossing > start[last]!) break;
        last--;
      }
      last++;
      apex[last] = q;
      start[last] = last === 0 ? Number.NEGATIVE_INFINITY : crossing;
    }
    if (last < 0) return;
    start[last + 1] = Number.POSITIVE_INFINITY;
    for (let p = 0, part = 0; p < length; p++) {
      while (start[part + 1]! < p) part++;
      const q = apex[part]!;
      values[from + p * stride] = (p - q) * (p - q) * square + height[q]!;
    }
  }
}
