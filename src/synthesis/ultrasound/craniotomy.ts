import { UserError } from '../../errors.ts';
import { type Random, randomStream } from '../../random.ts';
import type { Vec3, Volume } from '../../volume/grid.ts';
import { applyToPoint, invert } from '../../volume/matrix.ts';
import { percentiles } from '../../volume/percentile.ts';
import { along, unit } from './vector.ts';

/** Where the brain lies open for the probe, in the MRI's world, RAS mm. */
export interface Craniotomy {
  readonly point: Vec3;
  /** Unit vector into the brain. */
  readonly inward: Vec3;
}

/** The intensity above which a voxel of an MRI belongs to the head: a tenth of its 99th percentile. */
export function foregroundLevel(mri: Volume): number {
  const level = 0.1 * percentiles(mri.data, [99])[0]!;
  if (!(level > 0)) throw new UserError('The MRI holds no positive intensities; give another one.');
  return level;
}

/** Mean position of what is above a level, RAS mm. */
function centroid({ data, size: [nx, ny, nz], affine }: Volume, level: number): Vec3 {
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        if (!(data[n]! > level)) continue;
        sums[0] += i;
        sums[1] += j;
        sums[2] += k;
        sums[3]++;
      }
    }
  }
  return applyToPoint(affine, [sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]]);
}

/** To one side, and upwards. */
function sidewaysAndUp(random: Random): Vec3 {
  const side = random.uniform() < 0.5 ? -1 : 1;
  return unit([side * (0.3 + 0.6 * random.uniform()), 1.2 * (random.uniform() - 0.5), 0.3 + 0.6 * random.uniform()]);
}

/**
 * A place for the probe on a given MRI: the outermost point of the foreground, seen from its middle, in a random
 * direction to one side and up. Of a crop without background that is its border.
 * Randomness: the stream (`seed`, 'ultrasound', 'craniotomy', `index`).
 *
 * @throws UserError when the MRI holds no positive intensities.
 */
export function craniotomyOn(mri: Volume, seed: number, index: number): Craniotomy {
  const outward = sidewaysAndUp(randomStream(seed, 'ultrasound', 'craniotomy', index));
  const level = foregroundLevel(mri);
  const middle = centroid(mri, level);
  const toIndex = invert(mri.affine);
  const [nx, ny, nz] = mri.size;
  let reach = 0;
  for (let distance = 0; ; distance += 0.5) {
    const [i, j, k] = applyToPoint(toIndex, along(middle, outward, distance)).map(Math.round) as [
      number,
      number,
      number,
    ];
    if (!(i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz)) break;
    if (mri.data[i + nx * (j + ny * k)]! > level) reach = distance;
  }
  return { point: along(middle, outward, reach), inward: along([0, 0, 0], outward, -1) };
}
