import { expect, test } from 'vitest';
import { rasterise } from '../../../src/file/rasterise.ts';
import { document, element } from '../../../src/report/draw/svg.ts';
import { labelContour } from '../../../src/report/slice/contours.ts';
import { framed, greyImage } from '../../../src/report/slice/panel.ts';
import { extractSlice, type SliceView, sliceView } from '../../../src/report/slice/slices.ts';
import type { Grid } from '../../../src/volume/grid.ts';

// Two by three millimetres a pixel; LPS axes, so that display and memory order agree.
const grid: Grid = { size: [8, 6, 1], affine: [-2, 0, 0, 0, 0, -3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
const view: SliceView = sliceView(grid, 'axial', [0, 0, 0]);

function mask(inside: (column: number, row: number) => boolean): Float32Array {
  const data = Float32Array.from({ length: 48 }, (_, at) => (inside(at % 8, Math.floor(at / 8)) ? 5 : 0));
  return extractSlice(view, grid.size, data);
}

function bounds(path: string): number[] {
  const numbers = (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
  const xs = numbers.filter((_, index) => index % 2 === 0);
  const ys = numbers.filter((_, index) => index % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

test('straight edges lie exactly on the edges of the voxels', () => {
  const path = labelContour(
    view,
    mask((column, row) => column >= 2 && column <= 5 && row >= 1 && row <= 3),
    5,
  );
  expect(bounds(path)).toEqual([2 * 2, 1 * 3, 6 * 2, 4 * 3]);
});

test('labels at the border are closed there', () => {
  expect(
    bounds(
      labelContour(
        view,
        mask(() => true),
        5,
      ),
    ),
  ).toEqual([0, 0, 16, 18]);
});

test('holes and islands are rings of their own, other labels are left alone', () => {
  const ring = mask((column, row) => column < 5 && row < 5 && !(column === 2 && row === 2));
  expect(labelContour(view, ring, 5).match(/M/g)).toHaveLength(2);
  expect(labelContour(view, ring, 4)).toBe('');
});

test('on the raster the outline encloses the voxels and no others', async () => {
  const inside = (column: number, row: number): boolean => column >= 2 && column <= 5 && row >= 1 && row <= 3;
  const slice = mask(inside);
  const fractions = slice.map((value) => value / 5);
  const outline = element('path', { d: labelContour(view, slice, 5), fill: '#ff0000' });
  const content = greyImage(view, fractions, 'pixelated') + outline;
  const frame = { x: 0, y: 0, width: 160, height: 180 };
  const png = await rasterise(document(160, 180, {}, framed(view, frame, content)), { dpi: 96 });
  const { Resvg } = await import('@resvg/resvg-js');
  const uri = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const size = 'width="160" height="180"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><image ${size} href="${uri}"/></svg>`;
  const pixels = new Resvg(svg).render().pixels;
  let white = 0;
  let red = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at + 1]! > 128) white++;
    else if (pixels[at]! > 128) red++;
  }
  // 12 voxels of 20 × 30 pixels, less the four rounded corners, each of which loses less than a fifth of a voxel.
  expect(red + white).toBe(12 * 600);
  expect(white).toBeLessThan(4 * 120);
  expect(white).toBeGreaterThan(0);
});
