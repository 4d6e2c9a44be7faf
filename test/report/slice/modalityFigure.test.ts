import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { rasterise } from '../../../src/file/rasterise.ts';
import { targetRegistrationError } from '../../../src/metric/tre.ts';
import { type ModalityFigure, type ModalityResult, modalityFigure } from '../../../src/report/slice/modalityFigure.ts';
import { makePhantomCase } from '../../../src/synthesis/phantom/phantom.ts';
import type { Vec3, Volume } from '../../../src/volume/grid.ts';
import { fromColumns } from '../../../src/volume/matrix.ts';
import { applyWarp } from '../../../src/volume/warp.ts';
import { expectGolden } from '../golden.ts';
import { expectReadable, expectTextsClear, expectWellFormed } from '../textBoxes.ts';

const phantom = makePhantomCase({ seed: 4, index: 0, size: [28, 36, 30], spacing: [1.5, 1, 1.2] });
const landmarks = phantom.landmarks.filter((_, index) => index % 3 === 0);

/** The phantom's other modality: inverted, and with data only inside of a cone, as an ultrasound's field of view. */
function ultrasound({ image }: { readonly image: Volume }): Volume {
  const [nx, ny] = image.size;
  const brightest = image.data.reduce((most, value) => Math.max(most, value), 0);
  const data = image.data.map((value, n) => {
    const [i, j, k] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
    return Math.hypot((i - 13.5) * 1.5, j - 17.5) < 6 + 0.5 * k ? 1 + brightest - value : 0;
  });
  return { ...image, data };
}

/** The phantom and its landmarks moved to the right and half as far to posterior, mm. */
function method(name: string, shift: number): ModalityResult {
  const { size, affine, data } = phantom.image;
  const n = data.length;
  const warp = new Float32Array(3 * n).fill(shift, 0, n).fill(-shift / 2, n, 2 * n);
  const moved = landmarks.map(([x, y, z]): Vec3 => [x + shift, y - shift / 2, z]);
  const { mean, sd } = targetRegistrationError(moved, landmarks);
  return { name, moved: applyWarp({ size, affine, data: warp }, phantom.image), landmarks: moved, error: { mean, sd } };
}

const input: ModalityFigure = {
  title: 'Phantom "A" & its ultrasound',
  note: 'Ultrasound simulated from a synthetic MRI <phantom>.',
  fixed: ultrasound(phantom),
  fixedName: 'Ultrasound',
  movingName: 'MRI T1',
  fixedLandmarks: landmarks,
  methods: [method('Unregistered', 4), method('MSE', 2.5), method('PSWD', 1)],
};

const many = (count: number): ModalityFigure => ({
  ...input,
  methods: Array.from({ length: count }, (_, index) => method(`Loss number ${index + 1}`, 4 - index / 3)),
});

/** What a panel, numbered as it is drawn, holds; with the units of the page in a millimetre of it. */
function panels(svg: string): { readonly content: string; readonly scale: number }[] {
  const pattern = /<svg x="[^"]+" y="[^"]+" width="([^"]+)" height="[^"]+" viewBox="0 0 ([\d.]+) [^>]*>(.*?)<\/svg>/gs;
  return [...svg.matchAll(pattern)].map(([, width, mm, content]) => ({
    content: content as string,
    scale: Number(width) / Number(mm),
  }));
}

/** Centres of rings and their groups' opacities. */
function rings(content: string): { readonly at: readonly [number, number]; readonly opacity: number }[] {
  return content
    .split('<g ')
    .slice(1)
    .flatMap((mark) => {
      const circle = /<circle cx="([^"]+)" cy="([^"]+)"/.exec(mark);
      const opacity = Number(/opacity="([^"]+)"/.exec(mark)?.[1]);
      return circle === null ? [] : [{ at: [Number(circle[1]), Number(circle[2])] as const, opacity }];
    });
}

/** Middles of crosses. */
function crosses(content: string): (readonly [number, number])[] {
  return [...content.matchAll(/<path d="M(\S+) (\S+)L(\S+) (\S+)M[^"]*" stroke="#ffffff"/g)].map(
    ([, left, top, right, bottom]) => [(Number(left) + Number(right)) / 2, (Number(top) + Number(bottom)) / 2] as const,
  );
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toEqual(expected.map((value) => expect.closeTo(value, 1)));
}

describe('modalityFigure', () => {
  test('golden: before and two losses', () => {
    expectGolden('modalities', modalityFigure(input));
  });

  test('golden: checkerboard, pixelated, without errors and note', () => {
    const { note: _, ...rest } = input;
    const methods = input.methods.slice(0, 2).map(({ error: __, ...result }) => result);
    expectGolden(
      'modalities-checkerboard',
      modalityFigure({ ...rest, methods, comparison: 'checkerboard', rendering: 'pixelated' }),
    );
  });

  test('any number of methods is well-formed, fits a page, and no text lies on another', () => {
    for (let count = 1; count <= 8; count++) {
      const svg = modalityFigure(many(count));
      expectWellFormed(svg);
      expectTextsClear(svg);
      expect(panels(svg)).toHaveLength(3 + 6 * count);
      const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) as RegExpExecArray;
      expect((Number(height) / Number(width)) * 180).toBeLessThan(240.1);
    }
  });

  test('the note, the errors, the scale and how many landmarks there are, are said', () => {
    const svg = modalityFigure(input);
    expect(svg).toContain('>Ultrasound simulated from a synthetic MRI &lt;phantom&gt;.<');
    expect(svg).toMatch(/aria-label="[^"]*simulated from a synthetic MRI/);
    expect(svg).toContain('>4.5 ± 0.0 mm<');
    expect(svg.match(/>10 mm</g)).toHaveLength(1);
    expect(svg).toContain(`all ${landmarks.length}.`);
  });

  test('one landmark has an error without a spread, and none has no error', () => {
    const alone = (error: ModalityResult['error']): string =>
      modalityFigure({
        ...input,
        fixedLandmarks: landmarks.slice(0, 1),
        methods: input.methods.map((each) => ({
          ...each,
          landmarks: each.landmarks.slice(0, 1),
          ...(error ? { error } : {}),
        })),
      });
    const svg = alone({ mean: 2.04, sd: Number.NaN });
    expectReadable(svg);
    expect(svg).toContain('>2.0 mm<');
    expect(svg).toContain('>TRE<');
    expect(svg).not.toMatch(/mTRE|±/);
    const unknown = alone({ mean: Number.NaN, sd: Number.NaN });
    expectReadable(unknown);
    expect(unknown).toContain('>not known<');
  });

  test('long names go on in further lines, and nothing is cut', () => {
    const name = 'pswd patch=7 standardise=patch directions=16 transform=edge_of_a_gradient';
    const svg = modalityFigure({
      ...input,
      title: name.repeat(3),
      fixedName: name,
      movingName: name,
      methods: [method(name, 2)],
    });
    expectReadable(svg);
    expect(svg).toContain('edge_of');
  });

  test('panels share one scale', () => {
    const [first, ...others] = panels(modalityFigure(many(8)));
    for (const { scale } of others) expect(scale).toBeCloseTo(first!.scale, 2);
  });

  test('is 180 mm wide: 2126 pixels at 300 dpi', async () => {
    const png = await rasterise(modalityFigure(input));
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(2126);
  });
});

describe('landmarks', () => {
  const size = [10, 8, 6] as const;
  const data = Float32Array.from({ length: 480 }, (_, n) => n % 17);
  const on: Vec3 = [2, 3, 4];
  const near: Vec3 = [2, 3, 3.5];
  const far: Vec3 = [9, 7, 0];

  /** A figure of landmarks given as voxel indices; the moved one lies a voxel further along every axis. */
  function figureOf(affine: Volume['affine'], voxels: readonly Vec3[], position?: Vec3): string {
    const world = ([i, j, k]: Vec3): Vec3 =>
      [0, 1, 2].map((row) => [i, j, k, 1].reduce((sum, v, c) => sum + v * affine[4 * row + c]!, 0)) as unknown as Vec3;
    const moved = voxels.map(([i, j, k]) => world([i + 1, j + 1, k + 1]));
    return modalityFigure({
      title: 'Points',
      fixed: { size, affine, data },
      fixedName: 'Ultrasound',
      movingName: 'MRI',
      fixedLandmarks: voxels.map(world),
      methods: [{ name: 'Unregistered', moved: { size, affine, data }, landmarks: moved }],
      landmarkReach: 2,
      ...(position === undefined ? {} : { position }),
    });
  }

  // Voxels of 2 × 3 × 1 mm. From R: the distance of voxel 2 of 10 is 2.5 of them in LAS, 7.5 in RAS.
  const grids = {
    'i to the left, j to anterior, k to superior (left-handed)': {
      affine: fromColumns([-2, 0, 0], [0, 3, 0], [0, 0, 1], [5, -4, 7]),
      fromRight: 2.5 * 2,
      step: 2,
    },
    'i to the right': {
      affine: fromColumns([2, 0, 0], [0, 3, 0], [0, 0, 1], [5, -4, 7]),
      fromRight: 7.5 * 2,
      step: -2,
    },
  };

  test.each(Object.entries(grids))('%s: at their voxels in every plane', (_, { affine, fromRight, step }) => {
    const drawn = panels(figureOf(affine, [on], on));
    // From anterior: voxel 3 of 8 from posterior; from superior: voxel 4 of 6 from inferior.
    const fromAnterior = (8 - 3.5) * 3;
    const fromSuperior = (6 - 4.5) * 1;
    const expected = [
      [fromRight, fromAnterior],
      [fromRight, fromSuperior],
      [fromAnterior, fromSuperior],
    ];
    const moved = [
      [fromRight + step, fromAnterior - 3],
      [fromRight + step, fromSuperior - 1],
      [fromAnterior - 3, fromSuperior - 1],
    ];
    for (const plane of [0, 1, 2]) {
      // Fixed image; then of the method, alone and both in one.
      const [single, alone, both] = [drawn[plane]!, drawn[3 + 2 * plane]!, drawn[4 + 2 * plane]!];
      for (const { content } of [single, both]) {
        expect(rings(content)).not.toEqual([]);
        for (const { at } of rings(content)) expectClose(at, expected[plane]!);
      }
      for (const { content } of [alone, both]) {
        expect(crosses(content)).toHaveLength(1);
        expectClose(crosses(content)[0]!, moved[plane]!);
      }
      expect(rings(alone.content)).toEqual([]);
      expect(crosses(single.content)).toEqual([]);
      const ends = /<line x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"/.exec(both.content)!.slice(1).map(Number);
      expectClose(ends, [...expected[plane]!, ...moved[plane]!]);
    }
  });

  test('nearer ones are more opaque, far ones are not drawn', () => {
    const { affine } = Object.values(grids)[0]!;
    const [axial, , sagittal] = panels(figureOf(affine, [on, near, far], on));
    // 0, 0.5 and 4 mm from the axial slice, of which 2 are drawn.
    expect(rings(axial!.content).map(({ opacity }) => opacity)).toEqual([1, expect.closeTo(0.3 + 0.7 * 0.75, 1)]);
    expect(rings(sagittal!.content)).toHaveLength(2);
  });

  test('without a position, planes pass where most landmarks lie', () => {
    const { affine } = Object.values(grids)[0]!;
    const crowd: Vec3[] = [
      [7, 1, 1],
      [7, 1, 1],
      [2, 6, 5],
    ];
    for (const { content } of panels(figureOf(affine, crowd)).slice(0, 3)) {
      expect(rings(content).map(({ opacity }) => opacity)).toEqual([1, 1]);
    }
  });

  test('a moved landmark that is no number is left out', () => {
    const { affine } = Object.values(grids)[0]!;
    const svg = figureOf(affine, [on, [Number.NaN, 0, 0]], on);
    expectWellFormed(svg);
    expect(rings(panels(svg)[0]!.content)).toHaveLength(1);
  });
});

describe('input', () => {
  test('an image on another grid is refused by the name of its method', () => {
    const other = {
      ...method('SWD', 1),
      moved: { ...phantom.image, size: [4, 4, 4] as const, data: new Float32Array(64) },
    };
    expect(() => modalityFigure({ ...input, methods: [...input.methods, other] })).toThrow(UserError);
    expect(() => modalityFigure({ ...input, methods: [...input.methods, other] })).toThrow(/moved image of SWD/);
  });

  test('landmarks that do not pair up are refused, and so is a figure without methods', () => {
    const short = { ...method('SWD', 1), landmarks: landmarks.slice(1) };
    expect(() => modalityFigure({ ...input, methods: [short] })).toThrow(UserError);
    expect(() => modalityFigure({ ...input, methods: [short] })).toThrow(/SWD has \d+ landmarks/);
    expect(() => modalityFigure({ ...input, methods: [] })).toThrow(UserError);
  });

  test('constant images, a single slice and no landmarks give a figure without NaN', () => {
    const flat = { size: [6, 6, 1] as const, affine: phantom.image.affine, data: new Float32Array(36) };
    const svg = modalityFigure({
      ...input,
      fixed: flat,
      fixedLandmarks: [],
      methods: [1, 2].map((n) => ({ name: `A method with a long name ${n}`, moved: flat, landmarks: [] })),
    });
    expectWellFormed(svg);
    expect(svg).not.toContain('Landmark');
  });

  test('the planes of an oblique grid say how far they are from their names', () => {
    const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
    const affine = fromColumns([c, s, 0], [-s, c, 0], [0, 0, 1], [0, 0, 0]);
    const turned = { ...phantom.image, affine };
    const methods = [{ ...method('MSE', 1), moved: turned }];
    expect(modalityFigure({ ...input, fixed: turned, methods })).toContain('up to 29° from the anatomical ones');
    expect(modalityFigure(input)).not.toContain('anatomical ones');
  });
});
