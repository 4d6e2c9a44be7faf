import type { Mask, Size, Volume } from './grid.ts';

/** Share of a volume's voxels that a uniform surrounding must have to count as one. */
const LEAST_SHARE = 0.1;

/**
 * Structure within an object, as a share of the step to its surrounding, below which only its outline can be compared.
 */
const EVEN = 0.07;
/** Voxels from the outline within which its blur is taken to reach. */
const RIM = 2;
/** Distance in voxels over which anatomy differs more than between neighbours, and noise does not. */
const APART = 3;
/** Standard errors that a difference of such variances must exceed. */
const CERTAIN = 3;

/**
 * The foregrounds of images that are compared with each other ({@link foregroundOf}). Undefined for all of them where
 * one shows an object without structure of its own: there only the outline can be compared, which a foreground leaves
 * out.
 */
export function comparedForegrounds(images: readonly Volume[]): (Mask | undefined)[] {
  const masks = images.map(foregroundOf);
  return images.some((image, n) => masks[n] && remembered(evenness, image, isEven))
    ? images.map(() => undefined)
    : masks;
}

/**
 * The part of an image that holds data, if it has uniform surroundings. These are the voxels of the smallest value that
 * are connected with the border of the volume, as around the sector of an ultrasound or a skull-stripped brain. Dark
 * voxels inside stay.
 * @returns 1 inside and 0 outside, laid out as the volume; undefined when less than a tenth of the volume is
 * surrounding
 */
export function foregroundOf(volume: Volume): Mask | undefined {
  return remembered(foregrounds, volume, findForeground);
}

/** What was found in images that are still in use. */
const foregrounds = new WeakMap<Float32Array, { readonly value: Mask | undefined }>();
const evenness = new WeakMap<Float32Array, { readonly value: boolean }>();

function remembered<T>(known: WeakMap<Float32Array, { readonly value: T }>, of: Volume, find: (of: Volume) => T): T {
  const before = known.get(of.data);
  if (before) return before.value;
  const value = find(of);
  known.set(of.data, { value });
  return value;
}

function findForeground({ data, size }: Volume): Mask | undefined {
  const [nx, ny, nz] = size;
  let least = Number.POSITIVE_INFINITY;
  for (const value of data) if (value < least) least = value;
  const mask = new Uint8Array(data.length).fill(1);
  let outside = 0;
  const isNew = (n: number): boolean => mask[n] !== 0 && data[n] === least;
  // One voxel of each run along x that is still to be filled: a voxel each would take more memory than the scan.
  const seeds: number[] = [];
  const addRuns = (from: number, to: number): void => {
    for (let n = from; n <= to; n++) if (isNew(n) && (n === from || !isNew(n - 1))) seeds.push(n);
  };
  const fillFrom = (seed: number): void => {
    const row = seed - (seed % nx);
    let [from, to] = [seed, seed];
    while (from > row && isNew(from - 1)) from--;
    while (to < row + nx - 1 && isNew(to + 1)) to++;
    mask.fill(0, from, to + 1);
    outside += to - from + 1;
    const j = (row / nx) % ny;
    const k = Math.floor(row / (nx * ny));
    if (j > 0) addRuns(from - nx, to - nx);
    if (j < ny - 1) addRuns(from + nx, to + nx);
    if (k > 0) addRuns(from - nx * ny, to - nx * ny);
    if (k < nz - 1) addRuns(from + nx * ny, to + nx * ny);
  };
  forEachBorderVoxel(size, (border) => {
    if (!isNew(border)) return;
    seeds.push(border);
    for (let n = seeds.pop(); n !== undefined; n = seeds.pop()) if (isNew(n)) fillFrom(n);
  });
  return outside < LEAST_SHARE * data.length || outside === data.length ? undefined : mask;
}

/**
 * Whether what lies above the smallest value of an image is even, but for noise and blur at its outline. Noise differs
 * between neighbours as much as between voxels some way apart; anatomy does not.
 */
function isEven({ data, size }: Volume): boolean {
  let least = Number.POSITIVE_INFINITY;
  for (const value of data) if (value < least) least = value;
  let object: Uint8Array = new Uint8Array(data.length);
  for (let n = 0; n < data.length; n++) object[n] = data[n]! > least ? 1 : 0;
  for (let n = 0; n < RIM; n++) {
    const inner = eroded(object, size);
    if (inner.includes(1)) object = inner;
  }
  let sum = 0;
  let count = 0;
  for (let n = 0; n < data.length; n++) {
    if (object[n] === 0) continue;
    sum += data[n]!;
    count++;
  }
  const step = sum / count - least;
  const near = halfMeanSquare(data, object, size, 1);
  const far = halfMeanSquare(data, object, size, APART);
  const noise = near.value * (1 + (CERTAIN * 2) / Math.sqrt(Math.max(1, far.pairs)));
  return far.value - noise < (EVEN * step) ** 2;
}

/**
 * Half the mean squared difference of voxels at this distance along an axis, both in an object; 0 if there are none.
 */
function halfMeanSquare(
  data: Float32Array,
  object: Uint8Array,
  [nx, ny, nz]: Size,
  apart: number,
): { readonly value: number; readonly pairs: number } {
  let squares = 0;
  let pairs = 0;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (object[n] === 0) continue;
        const value = data[n]!;
        for (let axis = 0; axis < 3; axis++) {
          const there = axis === 0 ? i + apart < nx : axis === 1 ? j + apart < ny : k + apart < nz;
          const other = n + apart * (axis === 0 ? 1 : axis === 1 ? nx : nx * ny);
          if (!there || object[other] === 0) continue;
          squares += (value - data[other]!) ** 2;
          pairs++;
        }
      }
  return { value: pairs === 0 ? 0 : squares / pairs / 2, pairs };
}

/** An object without the voxels that have a neighbour outside it. */
function eroded(object: Uint8Array, [nx, ny, nz]: Size): Uint8Array {
  const inner = object.slice();
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (object[n] === 0) continue;
        const isRim =
          (i > 0 && object[n - 1] === 0) ||
          (i < nx - 1 && object[n + 1] === 0) ||
          (j > 0 && object[n - nx] === 0) ||
          (j < ny - 1 && object[n + nx] === 0) ||
          (k > 0 && object[n - nx * ny] === 0) ||
          (k < nz - 1 && object[n + nx * ny] === 0);
        if (isRim) inner[n] = 0;
      }
  return inner;
}

function forEachBorderVoxel([nx, ny, nz]: Size, visit: (n: number) => void): void {
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const inner = k > 0 && k < nz - 1 && j > 0 && j < ny - 1;
      const row = nx * (j + ny * k);
      for (let i = 0; i < nx; i += inner ? Math.max(1, nx - 1) : 1) visit(row + i);
    }
}
