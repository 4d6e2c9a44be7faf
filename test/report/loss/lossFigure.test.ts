import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { rasterise } from '../../../src/file/rasterise.ts';
import { type LossFigure, type LossResult, lossFigure } from '../../../src/report/loss/lossFigure.ts';
import { expectGolden } from '../golden.ts';
import { affine, ball, halves } from '../phantom.ts';
import { expectTextsClear, expectWellFormed } from '../textBoxes.ts';

const method = (name: string, shift: number): LossResult => ({
  name,
  moved: ball([shift, shift / 2, 0], 7),
  movedLabels: halves([shift, shift / 2, 0], 7),
  note: `Dice ${(0.9 - shift / 10).toFixed(2)}, HD95 ${(1 + shift).toFixed(1)} mm`,
});

const input: LossFigure = {
  fixed: ball([0, 0, 0], 7),
  moving: ball([3, 2, 0], 6),
  fixedLabels: halves([0, 0, 0], 7),
  movingLabels: halves([3, 2, 0], 6),
  movingNote: 'Dice 0.51, HD95 4.2 mm',
  methods: [method('MSE', 0.6), method('SWD', 1.4), method('Radon', 2.2), method('PSWD', 0.3)],
  labelNames: { 1: 'Anterior', 2: 'Posterior & <rest>' },
  title: 'Ball "A" → ball B',
};

const many = (count: number): LossFigure => ({
  ...input,
  methods: Array.from({ length: count }, (_, index) => method(`Loss number ${index + 1}`, index / 4)),
});

const pictures = (svg: string): string[] => svg.match(/data:image\/png;base64,[^"]+/g) ?? [];

describe('lossFigure', () => {
  test('golden: four losses with labels and notes', () => {
    expectGolden('losses', lossFigure(input));
  });

  test('golden: eight losses in two blocks, coronal, images only', () => {
    const { fixed, moving } = input;
    const methods = many(8).methods.map(({ name, moved }) => ({ name, moved }));
    expectGolden('losses-two-blocks', lossFigure({ fixed, moving, methods, plane: 'coronal', rendering: 'pixelated' }));
  });

  test('any number of losses is well-formed, and no text lies on another', () => {
    for (let count = 1; count <= 9; count++) {
      const svg = lossFigure(many(count));
      expectWellFormed(svg);
      expectTextsClear(svg);
      // An image and a difference for each column, but a colour bar in place of the fixed image's difference.
      expect(pictures(svg)).toHaveLength(2 * (count + 2));
    }
  });

  test('six losses stand side by side, seven in two blocks', () => {
    const rows = (count: number): number =>
      new Set(
        lossFigure(many(count))
          .match(/<svg x="[^"]+" y="[^"]+"/g)
          ?.map((at) => at.split(' y=')[1]),
      ).size;
    expect(rows(6)).toBe(2);
    expect(rows(7)).toBe(4);
  });

  test('a long note breaks after its commas', () => {
    const svg = lossFigure(many(6));
    expect(svg).toContain('>Dice 0.90,<');
    expect(svg).toContain('>HD95 1.0 mm<');
    expect(lossFigure(many(2))).toContain('>Dice 0.90, HD95 1.0 mm<');
  });

  test('solid outlines are the fixed ones everywhere, dashed ones each panel’s own', () => {
    const outlineGroups = (svg: string): string[] => svg.match(/<g fill="none" stroke-width[^>]*>/g) ?? [];
    const groups = outlineGroups(lossFigure(input));
    expect(groups.filter((group) => group.includes('dasharray'))).toHaveLength(5);
    expect(groups.filter((group) => !group.includes('dasharray'))).toHaveLength(6);
  });

  test('text is escaped, and orientation and scale are said once', () => {
    const svg = lossFigure(input);
    expect(svg).toContain('Posterior &amp; &lt;rest&gt;');
    expect(svg).toContain('Ball &quot;A&quot; → ball B');
    expect(svg.match(/>R</g)).toHaveLength(1);
    expect(svg.match(/>5 mm</g)).toHaveLength(1);
  });

  test('an image or labels on another grid are refused by the name of their loss', () => {
    const size = [4, 4, 4] as const;
    const other = { name: 'SWD', moved: { size, affine, data: new Float32Array(64) } };
    expect(() => lossFigure({ ...input, methods: [other] })).toThrow(UserError);
    expect(() => lossFigure({ ...input, methods: [other] })).toThrow(/moved image of SWD/);
    const labels = { ...method('Radon', 1), movedLabels: { size, affine, data: new Int32Array(64) } };
    expect(() => lossFigure({ ...input, methods: [labels] })).toThrow(/moved labels of Radon/);
  });

  test('two losses of one name are both looked at', () => {
    const other = { name: 'SWD', moved: { size: [4, 4, 4] as const, affine, data: new Float32Array(64) } };
    expect(() => lossFigure({ ...input, methods: [other, method('SWD', 1)] })).toThrow(/moved image of SWD/);
  });

  test('constant images and a single slice give a figure without NaN', () => {
    const flat = { size: [6, 6, 1] as const, affine, data: new Float32Array(36) };
    for (const plane of ['axial', 'coronal', 'sagittal'] as const) {
      const svg = lossFigure({
        fixed: flat,
        moving: flat,
        methods: [{ name: 'MSE', moved: flat, note: 'still' }],
        plane,
      });
      expectWellFormed(svg);
      expectTextsClear(svg);
    }
  });

  test('is 180 mm wide: 2126 pixels at 300 dpi', async () => {
    const png = await rasterise(lossFigure(input));
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(2126);
  });
});
