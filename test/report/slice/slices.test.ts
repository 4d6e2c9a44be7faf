import { describe, expect, test } from 'vitest';
import {
  defaultPosition,
  displayDisplacement,
  displayPoint,
  extractSlice,
  PLANES,
  sliceView,
  tiltOf,
} from '../../../src/report/slice/slices.ts';
import type { Grid, Mat4, Size, Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, closestAxes, flipRasLps, fromColumns, multiply } from '../../../src/volume/matrix.ts';
import { halves } from '../phantom.ts';

const size: Size = [5, 6, 7];
const angle = (12 * Math.PI) / 180;
const oblique: Mat4 = [
  Math.cos(angle),
  -Math.sin(angle),
  0,
  0,
  Math.sin(angle),
  Math.cos(angle),
  0,
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  0,
  1,
];
const affines: Readonly<Record<string, Mat4>> = {
  RAS: fromColumns([2, 0, 0], [0, 3, 0], [0, 0, 4], [-7, 3, 11]),
  LAS: fromColumns([-2, 0, 0], [0, 3, 0], [0, 0, 4], [5, 0, 0]),
  LPS: multiply(flipRasLps, fromColumns([2, 0, 0], [0, 3, 0], [0, 0, 4], [1, 2, 3])),
  'axes permuted (SRA)': fromColumns([0, 0, 2], [3, 0, 0], [0, 4, 0], [0, 0, 0]),
  'axes permuted and flipped (PIL)': fromColumns([0, -2, 0], [0, 0, -3], [-4, 0, 0], [9, 8, 7]),
  'oblique by 12 degrees': multiply(oblique, fromColumns([2, 0, 0], [0, -3, 0], [0, 0, 4], [0, 0, 0])),
};

/** The voxel that is farthest along a direction. */
function extremeVoxel(grid: Grid, direction: Vec3): Vec3 {
  let best: Vec3 = [0, 0, 0];
  let score = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < grid.size[2]; k += grid.size[2] - 1) {
    for (let j = 0; j < grid.size[1]; j += grid.size[1] - 1) {
      for (let i = 0; i < grid.size[0]; i += grid.size[0] - 1) {
        const p = applyToPoint(grid.affine, [i, j, k]);
        const value = p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2];
        if (value > score) [best, score] = [[i, j, k], value];
      }
    }
  }
  return best;
}

describe.each(Object.entries(affines))('%s', (_, affine) => {
  const grid: Grid = { size, affine };
  const data = new Float32Array(5 * 6 * 7);
  const put = ([i, j, k]: Vec3, value: number): void => {
    data[i + 5 * (j + 6 * k)] = value;
  };
  const front = extremeVoxel(grid, [1, 1, 1]);
  const back = extremeVoxel(grid, [-1, -1, -1]);
  put(front, 1);
  put(back, 2);

  test.each(PLANES)('%s: right, anterior, superior is the top left corner', (plane) => {
    const view = sliceView(grid, plane, front);
    const slice = extractSlice(view, size, data);
    expect(slice[0]).toBe(1);
    expect(slice.filter((value) => value !== 0)).toHaveLength(1);
    const opposite = extractSlice(sliceView(grid, plane, back), size, data);
    expect(opposite.at(-1)).toBe(2);
  });

  test.each(PLANES)('%s: a point is shown where its voxel is', (plane) => {
    const view = sliceView(grid, plane, front);
    const place = displayPoint(view, affine);
    const corner = place(applyToPoint(affine, front));
    expect(corner.at[0]).toBeCloseTo(view.pixelWidth / 2, 6);
    expect(corner.at[1]).toBeCloseTo(view.pixelHeight / 2, 6);
    expect(corner.distance).toBeCloseTo(0, 6);
    const opposite = place(applyToPoint(affine, back));
    expect(opposite.at[0]).toBeCloseTo(view.width - view.pixelWidth / 2, 6);
    expect(opposite.at[1]).toBeCloseTo(view.height - view.pixelHeight / 2, 6);
    const spacing = Math.hypot(...[0, 4, 8].map((row) => affine[row + view.axis]!));
    expect(opposite.distance).toBeCloseTo((back[view.axis] - front[view.axis]) * spacing, 6);
  });

  test('sizes in millimetres and letters follow the directions', () => {
    const axial = sliceView(grid, 'axial', front);
    const coronal = sliceView(grid, 'coronal', front);
    const sagittal = sliceView(grid, 'sagittal', front);
    expect(axial.width).toBeCloseTo(coronal.width, 6);
    expect(axial.height).toBeCloseTo(sagittal.width, 6);
    expect(coronal.height).toBeCloseTo(sagittal.height, 6);
    expect(axial.marks).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    expect(sagittal.marks).toEqual({ left: 'A', right: 'P', top: 'S', bottom: 'I' });
  });

  test('a displacement keeps its length and points the right way', () => {
    const [right] = closestAxes(affine);
    // One voxel along the axis closest to the patient's right; LPS flips the first two components.
    const column: Vec3 = [affine[right.axis]!, affine[4 + right.axis]!, affine[8 + right.axis]!];
    const lps: Vec3 = [-right.step * column[0], -right.step * column[1], right.step * column[2]];
    const view = sliceView(grid, 'axial', front);
    const [across, down] = displayDisplacement(view, affine)(lps);
    expect(across).toBeCloseTo(-view.pixelWidth, 6);
    expect(down).toBeCloseTo(0, 6);
  });
});

test('the default position is the centroid of the labels, or the middle', () => {
  const labels = halves([3, 2, 4], 4);
  const position = defaultPosition(labels, labels);
  const world = applyToPoint(labels.affine, position);
  expect(world[0]).toBeCloseTo(3, 0);
  expect(world[1]).toBeCloseTo(2, 0);
  expect(world[2]).toBeCloseTo(4, 0);
  const empty = { ...labels, data: new Int32Array(labels.data.length) };
  expect(defaultPosition(empty, empty)).toEqual([7.5, 9.5, 5.5]);
});

test('the tilt of a plane is the angle to the anatomical one', () => {
  for (const [name, affine] of Object.entries(affines)) {
    const tilts = PLANES.map((plane) => tiltOf(sliceView({ size, affine }, plane, [0, 0, 0]), affine));
    const expected = name.startsWith('oblique') ? [0, 12, 12] : [0, 0, 0];
    expect(tilts).toEqual(expected.map((tilt) => expect.closeTo(tilt, 4)));
  }
});
