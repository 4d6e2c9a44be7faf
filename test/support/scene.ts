import { randomStream } from '../../src/random.ts';
import type { Grid, Size, Vec3, Volume } from '../../src/volume/grid.ts';
import { applyToPoint, fromColumns } from '../../src/volume/matrix.ts';

const random = randomStream(11, 'scene');
const within = (reach: number): number => reach * (2 * random.uniform() - 1);
const BLOBS = Array.from({ length: 24 }, () => ({
  centre: [within(26), within(32), within(24)] as Vec3,
  width: 3 + 6 * random.uniform(),
  height: within(1),
}));

/**
 * A smooth head-like scene of about 70 × 86 × 64 mm around the world's origin: a dark surrounding, a bright rim, blobs
 * inside; 0 to 3.
 */
export function scene([x, y, z]: Vec3): number {
  const radius = Math.hypot(x / 35, y / 43, z / 32);
  const inside = 1 / (1 + Math.exp(14 * (radius - 1)));
  const rim = 1.2 * Math.exp(-(((radius - 0.93) / 0.06) ** 2));
  const blobs = BLOBS.reduce((sum, { centre, width, height }) => {
    const d2 = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2;
    return sum + height * Math.exp(-d2 / (2 * width * width));
  }, 0);
  return Math.max(0, inside * (1 + blobs) + rim);
}

/** A volume of the values of a function of the world (RAS mm) at a grid's voxels. */
export function volumeOf(grid: Grid, value: (point: Vec3) => number): Volume {
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  for (let n = 0; n < data.length; n++)
    data[n] = value(applyToPoint(grid.affine, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]));
  return { ...grid, data };
}

/**
 * A grid about a point with given voxels and axes turned about two world axes.
 * @param hand −1 for a left-handed grid: its first axis is turned round
 */
export function obliqueGrid(
  size: Size,
  spacing: Vec3,
  angles: readonly [number, number],
  centre: Vec3,
  hand = 1,
): Grid {
  const [a, b] = angles;
  const { cos, sin } = Math;
  const along = (v: Vec3, length: number): Vec3 => [v[0] * length, v[1] * length, v[2] * length];
  const i = along([cos(a), sin(a), 0], hand * spacing[0]);
  const j = along([-sin(a) * cos(b), cos(a) * cos(b), sin(b)], spacing[1]);
  const k = along([sin(a) * sin(b), -cos(a) * sin(b), cos(b)], spacing[2]);
  const half = (axis: 0 | 1 | 2): number =>
    centre[axis] - (i[axis] * (size[0] - 1) + j[axis] * (size[1] - 1) + k[axis] * (size[2] - 1)) / 2;
  return { size, affine: fromColumns(i, j, k, [half(0), half(1), half(2)]) };
}

/** A sector of speckle that follows a scan's brightness, in an even surrounding. */
export function speckled(scan: Volume, seed: number): Volume {
  const random = randomStream(seed, 'noise');
  const [nx, ny] = scan.size;
  const data = scan.data.map((value, n) => {
    const [i, k] = [n % nx, Math.floor(n / (nx * ny))];
    return Math.abs(i - nx / 2) < 4 + 0.5 * k ? 20 + value * (0.5 + random.uniform()) : 0;
  });
  return { ...scan, data };
}
