import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { rasterise } from '../../../src/file/rasterise.ts';
import { readLabels, readVolume } from '../../../src/file/volumeFile.ts';
import { type RegistrationFigure, registrationFigure } from '../../../src/report/slice/registrationFigure.ts';
import { HIPPOCAMPUS } from '../../support/realData.ts';
import { expectGolden } from '../golden.ts';
import { ball, halves, warp } from '../phantom.ts';

const input: RegistrationFigure = {
  fixed: ball([0, 0, 0], 7),
  moving: ball([3, 2, 0], 6),
  moved: ball([0.5, 0, 0], 7),
  warp: warp(([x, y, z]) => {
    const near = Math.exp(-(x * x + y * y + z * z) / 60);
    return [-3 * near, -2 * near, 1.5 * near * Math.sin(x / 3)];
  }),
  fixedLabels: halves([0, 0, 0], 7),
  movingLabels: halves([3, 2, 0], 6),
  movedLabels: halves([0.5, 0, 0], 7),
  labelNames: { 1: 'Anterior', 2: 'Posterior & <rest>' },
  title: 'Ball "A" → ball B',
  metrics: [
    { name: 'Dice', before: 0.5123, after: 0.91 },
    { name: 'HD95', before: 4.2, after: 1, unit: 'mm', digits: 1 },
  ],
};

describe('registrationFigure', () => {
  test('golden: difference, with labels and metrics', () => {
    expectGolden('registration', registrationFigure(input));
  });

  test('golden: checkerboard, pixelated, images only', () => {
    const { fixed, moving, moved } = input;
    const shifted = warp(([x]) => [6, -4, x > 4 ? -6 : 0]);
    expectGolden(
      'registration-checkerboard',
      registrationFigure({ fixed, moving, moved, warp: shifted, comparison: 'checkerboard', rendering: 'pixelated' }),
    );
  });

  test('text is escaped', () => {
    const svg = registrationFigure(input);
    expect(svg).toContain('Posterior &amp; &lt;rest&gt;');
    expect(svg).toContain('Ball &quot;A&quot; → ball B');
  });

  test('what was taken off the deformation is said', () => {
    const svg = registrationFigure({ ...input, warp: warp(() => [6, -4, 0]) });
    expect(svg).toContain('6.0 mm left, 4.0 mm anterior');
    expect(registrationFigure(input)).not.toContain('constant part');
  });

  test('an image on another grid is refused by name', () => {
    const other = { ...input.moved, size: [4, 4, 4] as const, data: new Float32Array(64) };
    expect(() => registrationFigure({ ...input, moved: other })).toThrow(UserError);
    expect(() => registrationFigure({ ...input, moved: other })).toThrow(/moved image/);
  });

  test('constant images and a single slice give a figure without NaN', () => {
    const size = [6, 6, 1] as const;
    const affine = input.fixed.affine;
    const flat = { size, affine, data: new Float32Array(36) };
    const still = { size, affine, data: new Float32Array(108) };
    const svg = registrationFigure({ fixed: flat, moving: flat, moved: flat, warp: still });
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('180 mm at 300 dpi are 2126 pixels', async () => {
  const png = await rasterise(registrationFigure(input));
  expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(2126);
});

const { at, isHere, why } = HIPPOCAMPUS;

test.skipIf(!isHere)(`hippocampus: an image against itself has an empty difference${why}`, async () => {
  const fixed = await readVolume(at('imagesTr', 'hippocampus_001.nii.gz'));
  const labels = await readLabels(at('labelsTr', 'hippocampus_001.nii.gz'));
  const still = { size: fixed.size, affine: fixed.affine, data: new Float32Array(3 * fixed.data.length) };
  const svg = registrationFigure({ fixed, moving: fixed, moved: fixed, warp: still, fixedLabels: labels });
  // Three slices before and three after, all of them the same neutral pictures in pairs.
  const pictures = svg.match(/data:image\/png;base64,[^"]+/g) ?? [];
  expect(pictures).toHaveLength(3 * 5 + 2);
  expect(new Set(pictures).size).toBe(3 + 3 + 2);
  expect(svg.length).toBeLessThan(300_000);
});
