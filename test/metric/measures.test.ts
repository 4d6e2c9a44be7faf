import { describe, expect, it } from 'vitest';
import { bendingEnergy } from '../../src/metric/bendingEnergy.ts';
import { dice } from '../../src/metric/dice.ts';
import { hd95 } from '../../src/metric/hausdorff.ts';
import { measureLabels, measureLandmarks, measures, measuresOf } from '../../src/metric/measures.ts';
import type { Mat4, Size, Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint, invert, multiply } from '../../src/volume/matrix.ts';

const SIZE: Size = [12, 10, 8];
const SPACING: Vec3 = [1, 2, 1.5];

/** A box of a label from one corner up to, not including, another. */
function box(
  from: Vec3,
  to: Vec3,
  label = 1,
  into: Int32Array = new Int32Array(SIZE[0] * SIZE[1] * SIZE[2]),
): Int32Array {
  for (let k = from[2]; k < to[2]; k++)
    for (let j = from[1]; j < to[1]; j++)
      for (let i = from[0]; i < to[0]; i++) into[i + SIZE[0] * (j + SIZE[1] * k)] = label;
  return into;
}

/** A warp u = f(p) on a grid, p and u in RAS millimetres. */
function warpOf(affine: Mat4, f: (p: Vec3) => Vec3): Warp {
  const [nx, ny, nz] = SIZE;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  for (let n = 0; n < count; n++) {
    const u = f(applyToPoint(affine, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]));
    data[n] = -u[0];
    data[count + n] = -u[1];
    data[2 * count + n] = u[2];
  }
  return { size: SIZE, affine, data };
}

const oblique: Mat4 = [1, 0.2, 0, 3, -0.3, 1.5, 0.1, -4, 0, 0.4, 2, 5, 0, 0, 0, 1];

describe('measures', () => {
  it('have keys and names of their own', () => {
    const all = [...measures().values()];
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect([...measuresOf('labels'), ...measuresOf('landmarks'), ...measuresOf('warp')]).toHaveLength(all.length);
  });

  it('of labels: equal regions', () => {
    const a = box([2, 2, 2], [8, 7, 6]);
    const { means } = measureLabels({ fixed: a, moved: a, size: SIZE, space: SPACING }, [1]);
    expect(means).toMatchObject({ dice: 1, hd95: 0, msd: 0, nsd: 1 });
  });

  it('of labels: a slab moved by two voxels of 1 mm along x', () => {
    // Slabs over the whole of y and z, three voxels thick: each has its two faces as its surface, the middle is not at
    // a face but at the border of the image, which counts as outside.
    const a = box([2, 0, 0], [5, SIZE[1], SIZE[2]]);
    const b = box([4, 0, 0], [7, SIZE[1], SIZE[2]]);
    const pair = { fixed: a, moved: b, size: SIZE, space: SPACING };
    const { means, labels } = measureLabels(pair, [1]);
    expect(means.dice).toBeCloseTo(2 / 6, 12);
    expect(means.dice).toBe(dice(a, b, [1])[0]);
    expect(means.hd95).toBe(hd95(a, b, SIZE, SPACING, 1));
    expect(labels).toEqual([{ label: 1, ...means }]);
    // The faces at 2 and 4 of the first are 2 and 0 mm from the second; what lies between them at the image's border is
    // 1 mm away.
    const face = SIZE[1] * SIZE[2];
    const rim = face - (SIZE[1] - 2) * (SIZE[2] - 2);
    expect(means.msd).toBeCloseTo((2 * face + 1 * rim) / (2 * face + rim), 12);
    expect(means.nsd).toBeCloseTo((face + rim) / (2 * face + rim), 12);
  });

  it('of labels: one that is lost has no distances, and no mean of them', () => {
    const a = box([6, 6, 4], [9, 9, 7], 2, box([1, 1, 1], [4, 4, 4]));
    const { labels, means } = measureLabels(
      { fixed: a, moved: box([1, 1, 1], [4, 4, 4]), size: SIZE, space: SPACING },
      [1, 2],
    );
    expect(labels[0]).toMatchObject({ label: 1, dice: 1, hd95: 0, msd: 0, nsd: 1 });
    expect(labels[1]).toMatchObject({ label: 2, dice: 0, hd95: Number.NaN, msd: Number.NaN, nsd: Number.NaN });
    expect(means).toMatchObject({ dice: 0.5, hd95: Number.NaN });
  });

  it('of landmarks: mean distance, and the share that came nearer', () => {
    expect(measureLandmarks({ now: [1, 2, 3, 4], start: [2, 2, 4, 1] })).toEqual({ tre: 2.5, robustness: 50 });
    expect(measureLandmarks({ now: [1, 2, 3, 4] })).toEqual({ tre: 2.5 });
    expect(measureLandmarks({ now: [], start: [] })).toEqual({ tre: Number.NaN, robustness: Number.NaN });
  });

  it('bending energy is 0 for an affine warp, on an oblique grid too', () => {
    const affine = warpOf(oblique, ([x, y, z]) => [0.1 * x + 2, 0.2 * y - 0.1 * x, 0.3 * z]);
    expect(bendingEnergy(affine)).toBeLessThan(1e-9);
  });

  it('bending energy of a quadratic warp is its squared second derivatives, whatever the grid', () => {
    // u = (0.01 x², 0.02 x y, 0): 0.02² and, mixed and counted twice, 2 · 0.02².
    const f = ([x, y]: Vec3): Vec3 => [0.01 * x * x, 0.02 * x * y, 0];
    const expected = 0.02 ** 2 + 2 * 0.02 ** 2;
    for (const affine of [oblique, multiply(oblique, invert([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1]))])
      expect(bendingEnergy(warpOf(affine, f))).toBeCloseTo(expected, 6);
  });

  it('bending energy cannot be had of a thin grid', () => {
    const { data, ...grid } = warpOf(oblique, () => [0, 0, 0]);
    expect(bendingEnergy({ ...grid, size: [SIZE[0], SIZE[1] * 4, 2], data })).toBeNaN();
  });
});
