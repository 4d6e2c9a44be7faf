import { describe, expect, it } from 'vitest';
import { chooseSimilarity } from '../../../src/loss/registry.ts';
import { type AlignmentOptions, alignPair } from '../../../src/registration/alignment/align.ts';
import { Motion } from '../../../src/registration/alignment/motion.ts';
import { register } from '../../../src/registration/register.ts';
import type { Mat4, Vec3, Volume } from '../../../src/volume/grid.ts';
import { applyToPoint, determinant, identity, invert, multiply, translation } from '../../../src/volume/matrix.ts';
import { warpPoints } from '../../../src/volume/warp.ts';
import { obliqueGrid, scene, volumeOf } from '../../support/scene.ts';

const fixedGrid = obliqueGrid([44, 40, 26], [2, 2.4, 3], [0.3, -0.2], [1, -2, 3]);
/** Left-handed, other voxels, other axes, another field of view. */
const movingGrid = obliqueGrid([34, 50, 36], [2.5, 2, 2.2], [-0.5, 0.4], [-2, 3, 0], -1);

const points: readonly Vec3[] = [-1, 0, 1].flatMap((x) =>
  [-1, 0, 1].flatMap((y) => [-1, 1].map((z): Vec3 => [20 * x, 25 * y, 18 * z])),
);

/** Mean distance in mm of where two transforms take points within the scene. */
function apart(a: Mat4, b: Mat4): number {
  const distances = points.map((p) => {
    const [q, r] = [applyToPoint(a, p), applyToPoint(b, p)];
    return Math.hypot(q[0] - r[0], q[1] - r[1], q[2] - r[2]);
  });
  return distances.reduce((sum, d) => sum + d) / distances.length;
}

/** The scene as `truth` (fixed point → moving point) has it, in another contrast. */
function movedScene(truth: Mat4, contrast: (value: number) => number = (value) => value): Volume {
  const back = invert(truth);
  return volumeOf(movingGrid, (q) => contrast(scene(applyToPoint(back, q))));
}

/** Neither monotone nor of one sign: rim and surrounding dark, tissue bright and turned round. */
const otherContrast = (value: number): number => 300 * Math.exp(-(((value - 0.9) / 0.7) ** 2)) - 40 * value;

const fixed = volumeOf(fixedGrid, scene);
const rigid: AlignmentOptions = { kind: 'rigid', loss: chooseSimilarity('nmi') };
const turned = new Motion('rigid', [4, -3, 2], 1).moved(identity, [6, -8, 5, 0.12, -0.1, 0.16]);

describe('alignment by one transform', () => {
  it('finds a shift of 7.3 mm between an oblique and a left-handed anisotropic grid to 0.3 mm', async () => {
    const truth = translation(
      [5.1, -4.2, 3.087].map((mm) => (mm * 7.3) / Math.hypot(5.1, 4.2, 3.087)) as unknown as Vec3,
    );
    expect(apart(truth, identity)).toBeCloseTo(7.3, 4);
    expect(determinant(movingGrid.affine)).toBeLessThan(0);
    const found = await alignPair({ fixed, moving: movedScene(truth) }, rigid);
    expect(apart(found.matrix, truth)).toBeLessThan(0.3);
    expect(found.loss).toBeLessThan(found.lossBefore);
  });

  it('finds a rigid motion between two contrasts, and it is rigid', async () => {
    expect(apart(turned, identity)).toBeGreaterThan(10);
    const { matrix } = await alignPair({ fixed, moving: movedScene(turned, otherContrast) }, rigid);
    expect(apart(matrix, turned)).toBeLessThan(0.4);
    const transposed = matrix.map((_, n) => matrix[4 * (n % 4) + Math.floor(n / 4)]!);
    const product = multiply([...transposed.slice(0, 12).map((v, n) => (n % 4 === 3 ? 0 : v)), 0, 0, 0, 1], matrix);
    expect(Math.max(...[0, 1, 2, 4, 5, 6, 8, 9, 10].map((n) => Math.abs(product[n]! - identity[n]!)))).toBeLessThan(
      1e-9,
    );
    expect(determinant(matrix)).toBeCloseTo(1, 9);
  });

  it.each([
    ['the same contrast', (value: number) => value, 0.3],
    ['another contrast', otherContrast, 0.7],
  ])('finds scale and shear with %s', async (_, contrast, limit) => {
    const linear = [1.08, 0.05, 0, 2, -0.03, 0.94, 0.04, -3, 0.02, 0, 1.05, 4, 0, 0, 0, 1];
    const truth = multiply(linear, translation([1, 2, 0]));
    expect(apart(truth, identity)).toBeGreaterThan(4);
    const { matrix } = await alignPair({ fixed, moving: movedScene(truth, contrast) }, { ...rigid, kind: 'affine' });
    expect(apart(matrix, truth)).toBeLessThan(limit);
  });

  it('finds scans that lie far apart in the world', async () => {
    const truth = multiply(translation([180, -95, 60]), turned);
    const moving = volumeOf({ ...movingGrid, affine: multiply(translation([180, -95, 60]), movingGrid.affine) }, (q) =>
      otherContrast(scene(applyToPoint(invert(truth), q))),
    );
    expect(apart((await alignPair({ fixed, moving }, rigid)).matrix, truth)).toBeLessThan(0.4);
  });

  it.each(['mse', 'ncc', 'radon'])('works with the loss %s', async (name) => {
    const truth = translation([4, -5, 3]);
    const options = name === 'radon' ? { directions: 24 } : {};
    const loss = chooseSimilarity(name, options);
    const { matrix } = await alignPair({ fixed, moving: movedScene(truth) }, { kind: 'rigid', loss });
    expect(apart(matrix, truth)).toBeLessThan(0.5);
  });

  it('takes no notice of what lies outside the masks', async () => {
    const seen = volumeOf(fixedGrid, ([x, , z]) => (x > -20 && z < 22 ? 1 : 0)).data;
    const spoiled = { ...fixed, data: fixed.data.map((value, n) => (seen[n] === 1 ? value : 9 * ((n * 7919) % 13))) };
    const pair = { fixed: spoiled, moving: movedScene(turned) };
    const { matrix } = await alignPair({ ...pair, fixedMask: seen }, rigid);
    expect(apart(matrix, turned)).toBeLessThan(0.5);
  });

  it('gives back the start where nothing is better', async () => {
    const { matrix } = await alignPair({ fixed, moving: fixed }, rigid);
    expect(apart(matrix, identity)).toBeLessThan(0.05);
  });

  it('warns of an end far from its start, and of a start from which nothing can be expected', async () => {
    const near = await alignPair({ fixed, moving: movedScene(turned) }, rigid);
    expect(near.warnings).toEqual([]);
    const away = translation([38, 0, 0]);
    const elsewhere = { ...movedScene(identity), affine: multiply(away, movingGrid.affine) };
    const far = await alignPair({ fixed, moving: elsewhere }, rigid);
    expect(apart(far.matrix, away)).toBeLessThan(0.5);
    expect(far.warnings).toEqual([expect.stringMatching(/^The alignment ends 3\d\.\d mm from its start/)]);
    const lost = await alignPair({ fixed, moving: movedScene(identity) }, rigid, translation([0, 900, 0]));
    expect(lost.warnings).toEqual([expect.stringMatching(/could not use its start: .* do not overlap there/)]);
  });

  it('refuses an empty mask', async () => {
    const fixedMask = new Float32Array(fixed.data.length);
    await expect(alignPair({ fixed, moving: fixed, fixedMask }, rigid)).rejects.toThrow(/mask is empty/);
  });
});

describe('a registration that begins with an alignment', () => {
  it('contains it in the warp, exactly, and leaves the start as it was', async () => {
    const moving = movedScene(turned, otherContrast);
    const result = await register({ fixed, moving }, undefined, { alignment: rigid, start: 'world' });
    const matrix = result.alignment!;
    const there = warpPoints(result.warp, points);
    const miss = points.map((p, n) => Math.hypot(...applyToPoint(matrix, p).map((v, a) => v - there[n]![a]!)));
    expect(Math.max(...miss)).toBeLessThan(1e-3);
    for (const [n, value] of identity.entries()) expect(result.start[n]).toBeCloseTo(value, 9);
    expect(result.moved.size).toEqual(fixed.size);
  });

  it('goes on with a refinement from there', async () => {
    const truth = translation([6, -4, 5]);
    const refine = { loss: chooseSimilarity('mse'), steps: 10, grid: 4, rate: 0.1, seed: 1 };
    const options = { alignment: rigid, refine, start: 'world' as const, spacing: 3 };
    const { warp } = await register({ fixed, moving: movedScene(truth) }, undefined, options);
    const there = warpPoints(warp, points);
    const miss = points.map((p, n) => Math.hypot(...applyToPoint(truth, p).map((v, a) => v - there[n]![a]!)));
    expect(miss.reduce((a, b) => a + b) / miss.length).toBeLessThan(0.6);
  });
});

describe('motion of a transform', () => {
  it.each(['rigid', 'affine'] as const)('has the slope of central differences (%s)', (kind) => {
    const motion = new Motion(kind, [10, -4, 7], 25);
    const objective = (m: Mat4): number => m.slice(0, 12).reduce((sum, v, n) => sum + Math.sin(v + n), 0);
    const gradient = turned.map((v, n) => (n < 12 ? Math.cos(v + n) : 0));
    const slope = motion.slope(turned, gradient);
    expect(slope).toHaveLength(motion.dimension);
    slope.forEach((expected, k) => {
      const by = (h: number): number[] => slope.map((_, n) => (n === k ? h : 0));
      const numeric = (objective(motion.moved(turned, by(1e-4))) - objective(motion.moved(turned, by(-1e-4)))) / 2e-4;
      expect(numeric).toBeCloseTo(expected, 5);
    });
  });
});
