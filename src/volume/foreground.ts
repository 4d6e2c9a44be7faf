import type { Volume } from './grid.ts';

/** Share of a volume's voxels from which on an even surrounding is taken for one. */
const LEAST_SHARE = 0.1;

/**
 * The part of an image that holds data, where an even surrounding tells it apart: voxels of the smallest value that are connected with the
 * border of the volume, as around the sector of an ultrasound or a brain without skull. Dark voxels inside stay.
 * @returns 1 inside and 0 outside, laid out as the volume; undefined when less than a tenth of the volume is surrounding
 */
export function foregroundOf({ data, size }: Volume): Float32Array | undefined {
  const [nx, ny, nz] = size;
  let least = Number.POSITIVE_INFINITY;
  for (const value of data) if (value < least) least = value;
  const mask = new Float32Array(data.length).fill(1);
  const stack: number[] = [];
  let outside = 0;
  const visit = (n: number): void => {
    if (mask[n] === 0 || data[n] !== least) return;
    mask[n] = 0;
    outside++;
    stack.push(n);
  };
  forEachBorderVoxel(size, visit);
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    const i = n % nx;
    const j = Math.floor(n / nx) % ny;
    const k = Math.floor(n / (nx * ny));
    if (i > 0) visit(n - 1);
    if (i < nx - 1) visit(n + 1);
    if (j > 0) visit(n - nx);
    if (j < ny - 1) visit(n + nx);
    if (k > 0) visit(n - nx * ny);
    if (k < nz - 1) visit(n + nx * ny);
  }
  return outside < LEAST_SHARE * data.length || outside === data.length ? undefined : mask;
}

function forEachBorderVoxel([nx, ny, nz]: Volume['size'], visit: (n: number) => void): void {
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const inner = k > 0 && k < nz - 1 && j > 0 && j < ny - 1;
      const row = nx * (j + ny * k);
      for (let i = 0; i < nx; i += inner ? Math.max(1, nx - 1) : 1) visit(row + i);
    }
}
