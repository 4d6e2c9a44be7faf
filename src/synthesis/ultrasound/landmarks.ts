import { randomStream } from '../../random.ts';
import { mapTriple } from '../../triple.ts';
import type { Grid, Vec3, Volume } from '../../volume/grid.ts';
import { applyToPoint, invert } from '../../volume/matrix.ts';
import type { Acquisition } from './acquisition.ts';
import type { BrainShift } from './brainShift.ts';
import { length, minus } from './vector.ts';

/** One anatomical point in both spaces, RAS mm. */
export interface LandmarkPair {
  readonly mri: Vec3;
  readonly ultrasound: Vec3;
}

/** Half the side of the cube over which structure is judged, in voxels. */
const REACH = 2;

/** How many of the strongest corners are looked at: what is weaker is noise. */
const CANDIDATES = 600;

/**
 * Strength of a corner: det/trace² of the summed outer products of the gradient. It is 0 on a plane or along an edge,
 * and grows with the square of the contrast. (Rohr, Pattern Recognition 30(1), 1997, takes det/trace.)
 */
function cornerStrength({ data, size: [nx, ny] }: Volume, i: number, j: number, k: number): number {
  let [xx, yy, zz, xy, xz, yz] = [0, 0, 0, 0, 0, 0];
  const plane = nx * ny;
  for (let c = k - REACH; c <= k + REACH; c++) {
    for (let b = j - REACH; b <= j + REACH; b++) {
      for (let a = i - REACH; a <= i + REACH; a++) {
        const n = a + nx * b + plane * c;
        const x = data[n + 1]! - data[n - 1]!;
        const y = data[n + nx]! - data[n - nx]!;
        const z = data[n + plane]! - data[n - plane]!;
        xx += x * x;
        yy += y * y;
        zz += z * z;
        xy += x * y;
        xz += x * z;
        yz += y * z;
      }
    }
  }
  const trace = xx + yy + zz;
  const det = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
  return trace > 0 ? det / (trace * trace) : 0;
}

/** Voxels of the MRI that the acquisition sees, each once, with the strength of the corner there; strongest first. */
function candidates(
  mri: Volume,
  ultrasound: Grid,
  shift: BrainShift,
  acquisition: Acquisition,
  margin: number,
): Vec3[] {
  const toIndex = invert(mri.affine);
  const [nx, ny, nz] = mri.size;
  const found = new Map<number, { index: Vec3; strength: number }>();
  const [ux, uy, uz] = ultrasound.size;
  for (let k = 0; k < uz; k += 2) {
    for (let j = 0; j < uy; j += 2) {
      for (let i = 0; i < ux; i += 2) {
        const p = applyToPoint(ultrasound.affine, [i, j, k]);
        if (!acquisition.sees(acquisition.toBeam(p), margin)) continue;
        const index = mapTriple(applyToPoint(toIndex, shift.toMri(p)), Math.round);
        const [a, b, c] = index;
        const low = Math.min(a, b, c) > REACH;
        if (!low || a >= nx - REACH - 1 || b >= ny - REACH - 1 || c >= nz - REACH - 1) continue;
        const key = a + nx * (b + ny * c);
        if (!found.has(key)) found.set(key, { index, strength: cornerStrength(mri, a, b, c) });
      }
    }
  }
  return [...found.values()]
    .sort((a, b) => b.strength - a.strength)
    .slice(0, CANDIDATES)
    .map(({ index }) => applyToPoint(mri.affine, index));
}

/**
 * Landmarks at corners of structure in the MRI within the ultrasound's field of view, 15 to 25 where there is room for
 * so many, spread out. Each lies at the middle of an MRI voxel; its ultrasound point is exact, by the inverse of the
 * map. Randomness: the stream (`seed`, 'ultrasound', 'landmarks', `index`), for their number.
 */
export function pickLandmarks(
  mri: Volume,
  ultrasound: Grid,
  shift: BrainShift,
  acquisition: Acquisition,
  seed: number,
  index: number,
): LandmarkPair[] {
  const wanted = 15 + randomStream(seed, 'ultrasound', 'landmarks', index).integer(11);
  const margin = 0.04 * acquisition.maxDepth;
  const points = candidates(mri, ultrasound, shift, acquisition, margin);
  let picked: Vec3[] = [];
  for (
    let apart = 0.2 * acquisition.maxDepth;
    picked.length < wanted && apart > 0.02 * acquisition.maxDepth;
    apart *= 0.85
  ) {
    picked = [];
    for (const point of points) {
      if (picked.length === wanted) break;
      if (picked.every((other) => length(minus(other, point)) >= apart)) picked.push(point);
    }
  }
  return picked.map((point) => ({ mri: point, ultrasound: shift.toUltrasound(point) }));
}
