import { describe, expect, it } from 'vitest';
import type { Grid, Mat4, Size, Vec3, Warp } from '../../src/volume/grid.ts';
import { invertWarp, unwarpPoints } from '../../src/volume/invertWarp.ts';
import { applyToPoint, identity, invert, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { warpPoints } from '../../src/volume/warp.ts';

/** A warp that takes each point p of a grid to map(p), both RAS mm. */
function warpOf({ size, affine }: Grid, map: (point: Vec3) => Vec3): Warp {
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const p = applyToPoint(affine, [i, j, k]);
        const q = map(p);
        data[n] = p[0] - q[0];
        data[count + n] = p[1] - q[1];
        data[2 * count + n] = q[2] - p[2];
      }
  return { size, affine, data };
}

/** Turns the middle of a cube of 33 voxels about z by so many degrees, ever less towards radius 16, where it rests. */
function swirl(degrees: number): (point: Vec3) => Vec3 {
  return ([x, y, z]) => {
    const [dx, dy, dz] = [x - 16, y - 16, z - 16];
    const r = Math.hypot(dx, dy, dz) / 16;
    const angle = r >= 1 ? 0 : ((degrees * Math.PI) / 180) * (1 - r * r) ** 2;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return [16 + c * dx - s * dy, 16 + s * dx + c * dy, z];
  };
}

const cube: Grid = { size: [33, 33, 33], affine: identity };

/**
 * How far, at most and on average, the given warp takes q + v(q) from q, over voxels q whose q + v(q) lies in the
 * warp's grid.
 */
function misses(warp: Warp, inverse: Warp): { max: number; mean: number; count: number } {
  const points = pointsOf(inverse);
  const back = warpPoints(inverse, points);
  const toIndex = invert(warp.affine);
  const inside = back.flatMap((p, n) => {
    const index = applyToPoint(toIndex, p);
    return index.every((value, a) => value >= -1e-3 && value <= warp.size[a]! - 1 + 1e-3) ? [n] : [];
  });
  const there = warpPoints(
    warp,
    inside.map((n) => back[n]!),
  );
  const distances = there.map((p, n) => distance(p, points[inside[n]!]!));
  return {
    max: Math.max(0, ...distances),
    mean: distances.reduce((a, b) => a + b, 0) / Math.max(1, distances.length),
    count: inside.length,
  };
}

function pointsOf({ size, affine }: Grid): Vec3[] {
  const points: Vec3[] = [];
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) points.push(applyToPoint(affine, [i, j, k]));
  return points;
}

function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe('the inverse of a warp', () => {
  it.each([40, 80, 120, 150, 170])('undoes a swirl of %i degrees everywhere', (degrees) => {
    const warp = warpOf(cube, swirl(degrees));
    const { warp: inverse, residual, meanResidual } = invertWarp(warp, cube);
    const { max, mean, count } = misses(warp, inverse);
    expect(count).toBe(33 ** 3);
    expect(max).toBeLessThan(0.01);
    expect(residual).toBeCloseTo(max, 4);
    expect(meanResidual).toBeCloseTo(mean, 5);
    // The swirl by the opposite angle is its inverse, up to the linear interpolation.
    const opposite = swirl(-degrees);
    const points = pointsOf(cube);
    const errors = warpPoints(inverse, points).map((p, n) => distance(p, opposite(points[n]!)));
    expect(errors.reduce((a, b) => a + b) / errors.length).toBeLessThan(0.06);
  });

  it('undoes strong shear', () => {
    const sheared = warpOf(cube, ([x, y, z]) => [x + 9 * Math.sin((y - 16) / 3), y, z]);
    const { warp: inverse, residual } = invertWarp(sheared, cube);
    expect(misses(sheared, inverse).max).toBeLessThan(0.01);
    expect(residual).toBeLessThan(0.01);
  });

  it('undoes a swirl between images far apart, turned and of other voxels', () => {
    const turned: Mat4 = [0, -0.8, 0, 900, 0.7, 0, 0, -1200, 0, 0, 1.5, 5000, 0, 0, 0, 1];
    const warp = warpOf(cube, (p) => applyToPoint(turned, swirl(130)(p)));
    const grid: Grid = {
      size: [20, 22, 24],
      affine: multiply(turned, multiply(translation([1, 2, 3]), scaling([1.4, 1.3, 1.2]))),
    };
    const { warp: inverse, residual } = invertWarp(warp, grid);
    const { max, count } = misses(warp, inverse);
    expect(count).toBeGreaterThan(5000);
    expect(max).toBeLessThan(0.01);
    expect(residual).toBeLessThan(0.01);
  });

  it('finds a place for all that a folding warp reaches', () => {
    const small: Grid = { size: [17, 17, 9], affine: identity };
    const folded = warpOf(small, ([x, y, z]) => [x + 6 * Math.sin(x / 2), y + 5 * Math.cos(x / 1.5 + y / 2), z]);
    const reached = warpPoints(folded, pointsOf({ size: [16, 16, 2], affine: translation([0.4, 0.3, 3.2]) }));
    const again = warpPoints(folded, unwarpPoints(folded, reached));
    expect(Math.max(...again.map((q, n) => distance(q, reached[n]!)))).toBeLessThan(0.01);
    const { warp: inverse, residual } = invertWarp(folded, small);
    expect(residual).toBeCloseTo(misses(folded, inverse).max, 3);
  });

  it('does not count points that the warp reaches from nowhere', () => {
    const warp = warpOf(cube, swirl(120));
    const large: Grid = { size: [60, 40, 40], affine: translation([-14, -4, -4]) };
    const { warp: inverse, residual, meanResidual } = invertWarp(warp, large);
    expect(misses(warp, inverse).count).toBe(33 ** 3);
    expect(residual).toBeLessThan(0.01);
    expect(meanResidual).toBeLessThan(residual);
    const far = invertWarp(warp, { size: [3, 3, 3], affine: translation([500, 0, 0]) });
    expect([far.residual, far.meanResidual]).toEqual([0, 0]);
    expect(far.warp.data.every(Number.isFinite)).toBe(true);
  });

  it.each<[string, Size]>([
    ['one', [33, 33, 1]],
    ['two', [33, 33, 2]],
  ])('works on %s slices', (_, size) => {
    const flat: Grid = { size, affine: translation([0, 0, 16]) };
    const warp = warpOf(flat, swirl(120));
    const { warp: inverse, residual } = invertWarp(warp, flat);
    expect(misses(warp, inverse).max).toBeLessThan(0.01);
    expect(residual).toBeLessThan(0.01);
  });

  it('has nothing to find where the warp takes all to one place', () => {
    const collapsed = warpOf(cube, () => [5, 5, 5]);
    const { warp: inverse } = invertWarp(collapsed, cube);
    expect(inverse.data.every(Number.isFinite)).toBe(true);
  });

  it('says what single precision leaves of it far from the origin', () => {
    const coarse: Grid = { size: cube.size, affine: scaling([10, 10, 10]) };
    const turned = swirl(60);
    const warp = warpOf(coarse, ([x, y, z]) => {
      const [tx, ty, tz] = turned([x / 10, y / 10, z / 10]);
      return [10 * tx + 5e7, 10 * ty, 10 * tz];
    });
    const grid: Grid = { size: cube.size, affine: multiply(translation([5e7, 0, 0]), coarse.affine) };
    const { warp: inverse, residual } = invertWarp(warp, grid);
    expect(residual).toBeCloseTo(misses(warp, inverse).max, 1);
    expect(residual).toBeGreaterThan(0.5);
  });

  it('takes single points back', () => {
    const warp = warpOf(cube, swirl(150));
    const points = pointsOf({ size: [7, 7, 7], affine: multiply(translation([6, 6, 6]), scaling([3.1, 3.1, 3.1])) });
    const there = warpPoints(warp, points);
    const back = warpPoints(warp, unwarpPoints(warp, there));
    expect(Math.max(...back.map((p, n) => distance(p, there[n]!)))).toBeLessThan(0.01);
  });
});

it('leaves no place at the border of a grid that is not taken there', () => {
  const grid: Grid = { size: [8, 7, 6], affine: identity };
  for (let seed = 1; seed <= 3; seed++) {
    // Steep and folded, so that Newton's method stops at the border, and further inside too.
    const wave = (t: number): number => 3 * Math.sin(1.7 * seed + t);
    const warp = warpOf(grid, ([x, y, z]) => [x + wave(0.9 * y + z), y + wave(x - 0.8 * z), z + wave(x + 0.7 * y)]);
    const points = pointsOf(grid);
    const back = warpPoints(invertWarp(warp, grid).warp, points);
    const missed = warpPoints(warp, back).flatMap((p, n) => (distance(p, points[n]!) > 0.01 ? [back[n]!] : []));
    const depths = missed.map((p) => Math.min(...p.map((x, a) => Math.min(x, grid.size[a]! - 1 - x))));
    expect(depths.filter((depth) => depth >= 0 && depth <= 0.5)).toEqual([]);
  }
});
