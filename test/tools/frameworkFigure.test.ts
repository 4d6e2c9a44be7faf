import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { rasterise } from '../../src/file/rasterise.ts';
import { VOXELMORPH } from '../../src/network/unet.ts';
import { frameworkFigure } from '../../tools/framework/frameworkFigure.ts';
import type { FrameworkSlices } from '../../tools/framework/frameworkVolumes.ts';
import { expectGolden } from '../report/golden.ts';
import { affine, ball, halves, warp } from '../report/phantom.ts';
import { expectTextsClear, expectWellFormed } from '../report/textBoxes.ts';

const slices: FrameworkSlices = {
  fixed: ball([0, 0, 0], 7),
  moving: ball([3, 2, 0], 6),
  moved: ball([0.5, 0, 0], 7),
  fixedLabels: halves([0, 0, 0], 7),
  movingLabels: halves([3, 2, 0], 6),
  movedLabels: halves([0.5, 0, 0], 7),
  warp: warp(([x, y, z]) => {
    const near = Math.exp(-(x * x + y * y + z * z) / 60);
    return [-3 * near, -2 * near, 0];
  }),
};

const pictures = (svg: string): number => svg.split('data:image/png').length - 1;

describe('frameworkFigure', () => {
  test('is what the documents show', () => {
    const shown = readFileSync(new URL('../../docs/images/framework.svg', import.meta.url), 'utf8');
    expect(shown === frameworkFigure(), 'docs/images/framework.svg has changed: npm run framework draws it.').toBe(
      true,
    );
  });

  test('golden: slices of a pair', () => {
    expectGolden('framework-slices', frameworkFigure({ slices }));
  });

  test('is well-formed, and no text lies on another', () => {
    for (const input of [{}, { slices }]) {
      expectWellFormed(frameworkFigure(input));
      expectTextsClear(frameworkFigure(input));
    }
  });

  test('shows the channels of the network that is trained', () => {
    const { encoder, decoder, remaining } = VOXELMORPH;
    const channels = [2, ...encoder, ...decoder, ...remaining, 3];
    const svg = frameworkFigure();
    for (const count of new Set(channels))
      expect(svg.match(new RegExp(`>${count}<`, 'g'))).toHaveLength(channels.filter((other) => other === count).length);
  });

  test('names the parts and the four similarities', () => {
    const svg = frameworkFigure();
    for (const words of ['U-Net', 'STN', 'Smoothness', 'MSE', 'SWD', 'Radon', 'PSWD', 'patches 11³ at stride 5'])
      expect(svg).toContain(words);
  });

  test('volumes of a pair are drawn as four slices each, the field as a grid only with a warp', () => {
    expect(pictures(frameworkFigure())).toBe(0);
    expect(pictures(frameworkFigure({ slices }))).toBe(12);
    const { warp: _, ...without } = slices;
    const paths = (svg: string): number => svg.split('<path').length;
    expect(paths(frameworkFigure({ slices: without }))).toBeGreaterThan(paths(frameworkFigure({ slices })));
  });

  test('an image on another grid is refused by name', () => {
    const moving = { size: [4, 4, 4] as const, affine, data: new Float32Array(64) };
    expect(() => frameworkFigure({ slices: { ...slices, moving } })).toThrow(UserError);
    expect(() => frameworkFigure({ slices: { ...slices, moving } })).toThrow(/moving image/);
  });

  test('constant images and a single slice give a figure without NaN', () => {
    const flat = { size: [6, 6, 1] as const, affine, data: new Float32Array(36) };
    for (const plane of ['axial', 'coronal'] as const)
      expectWellFormed(frameworkFigure({ slices: { fixed: flat, moving: flat, moved: flat, plane } }));
  });

  test('is 180 mm wide: 2126 pixels at 300 dpi', async () => {
    const png = await rasterise(frameworkFigure());
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(2126);
  });
});
