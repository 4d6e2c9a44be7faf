import { expect, test } from 'vitest';
import { FOLD_COLOUR, hex, jacobianMap } from '../../../src/report/draw/colourMap.ts';
import { constantTranslation, deformationGrid, determinantsOf } from '../../../src/report/slice/deformationGrid.ts';
import { extractSlice, sliceView } from '../../../src/report/slice/slices.ts';
import { affine, size, warp } from '../phantom.ts';

const view = sliceView({ size, affine }, 'axial', [8, 10, 6]);
const still = warp(() => [0, 0, 0]);

test('a translation longer than a voxel is found, a shorter one is left in', () => {
  const [l, p, s] = constantTranslation(warp(([x]) => [4 + 0.01 * x, -3, 2]));
  expect(l).toBeCloseTo(4, 1);
  expect(p).toBeCloseTo(-3, 6);
  expect(s).toBeCloseTo(2, 6);
  expect(constantTranslation(warp(() => [0.3, 0.2, 0.1]))).toEqual([0, 0, 0]);
});

test('without its translation a shifted grid is the grid at rest', () => {
  const shifted = warp(() => [4, -3, 2]);
  const drawn = deformationGrid(view, shifted, { translation: constantTranslation(shifted) });
  expect(drawn).toBe(deformationGrid(view, still));
  expect(deformationGrid(view, shifted)).not.toBe(drawn);
});

test('displacements to the left move lines to the right of the picture, posterior ones down', () => {
  const start = (svg: string): number[] => (/d="M(\S+) (\S+?)l/.exec(svg) as RegExpExecArray).slice(1).map(Number);
  const [x, y] = start(deformationGrid(view, still)) as [number, number];
  expect([x, y]).toEqual([0.75, 0.5]);
  expect(
    start(
      deformationGrid(
        view,
        warp(() => [1, 2, 7]),
      ),
    ),
  ).toEqual([x + 1, y + 2]);
});

test('cells take the colour of their log determinant; folds stand out', () => {
  const growing = warp(([x, y, z]) => [-0.2 * x, -0.2 * y, 0.2 * z]);
  const determinants = determinantsOf(growing)!;
  for (const value of determinants.data) expect(value).toBeCloseTo(1.2 ** 3, 4);
  const draw = (field: typeof growing): string => {
    const all = determinantsOf(field)!;
    return deformationGrid(view, field, { determinants: extractSlice(view, all.size, all.data), limit: 1 });
  };
  const step = Math.round(Math.log(1.2 ** 3) * 16) / 16;
  expect(draw(growing).match(/fill="#\w+"/g)).toEqual([`fill="${hex(jacobianMap(step))}"`]);
  expect(draw(still)).not.toContain(FOLD_COLOUR);
  expect(draw(warp(([x]) => [x > 0 ? 8 : 0, 0, 0]))).toContain(FOLD_COLOUR);
});

test('a grid too thin for derivatives has no determinants', () => {
  expect(determinantsOf({ size: [4, 4, 1], affine, data: new Float32Array(48) })).toBeUndefined();
});
