import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeLabels, writeWarp } from '../../src/file/volumeFile.ts';
import { decodeTag, encodeTag } from '../../src/volume/tagFile.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder, warpOf } from './support.ts';

const path = temporaryFolder();
const GRID = { size: [20, 20, 20], affine: [1.5, 0, 0, -10, 0, 1.5, 0, -10, 0, 0, 1.5, -10, 0, 0, 0, 1] } as const;
/** MRI first, ultrasound second; the ultrasound is where the MRI is but for (3, 0, 4) mm, and 1 mm more at the second point. */
const LANDMARKS = [
  { name: 'a', first: [3, 0, 4], second: [0, 0, 0] },
  { name: 'b', first: [4, 2, 5], second: [1, 3, 1] },
] as const;

interface Tre {
  readonly landmarks: { name: string; before: number; after?: number }[];
  readonly before: { mean: number; sd: number; max: number };
  readonly after?: { mean: number; sd: number; max: number };
}

beforeAll(async () => {
  await writeFile(path('pair.tag'), encodeTag(LANDMARKS));
  // The fixed image is the ultrasound: its points go to those of the MRI.
  await writeWarp(
    path('warp.nii.gz'),
    warpOf(GRID, ([x, y, z]) => [x + 3, y, z + 4]),
  );
});

describe('earthmorph tre', () => {
  it('measures each landmark before and after, the second image being the fixed one', async () => {
    const { landmarks, before, after } = await printed<Tre>([
      'tre',
      '--landmarks',
      path('pair.tag'),
      '--warp',
      path('warp.nii.gz'),
    ]);
    expect(landmarks.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(before.mean).toBeCloseTo((5 + Math.sqrt(26)) / 2, 5);
    expect(after?.mean).toBeCloseTo(0.5, 4);
    expect(after?.max).toBeCloseTo(1, 4);
    expect(after?.sd).toBeCloseTo(Math.SQRT1_2, 4);
  });

  it('takes the first image for the fixed one where it is told to', async () => {
    const args = ['tre', '--landmarks', path('pair.tag'), '--warp', path('warp.nii.gz'), '--fixed-points', 'first'];
    expect((await printed<Tre>(args)).after?.mean).toBeCloseTo((10 + Math.hypot(6, 1, 8)) / 2, 4);
  });

  it('takes the two images from two files, CSV or label volumes', async () => {
    await writeFile(path('fixed.csv'), 'x,y,z\n0.5,0.5,0.5\n');
    const data = new Int32Array(20 ** 3);
    data[7 + 20 * (7 + 20 * 8)] = 1;
    await writeLabels(path('moving.nii.gz'), { ...GRID, data });
    const { before } = await printed<Tre>([
      'tre',
      '--landmarks',
      path('fixed.csv'),
      '--moving-landmarks',
      path('moving.nii.gz'),
    ]);
    expect(before.mean).toBeCloseTo(1.5, 5);
  });

  it('averages over the cases of a folder', async () => {
    await mkdir(path('cases', 'A'), { recursive: true });
    await writeFile(path('cases', 'A', 'A-MRI-beforeUS.tag'), encodeTag(LANDMARKS));
    await writeFile(path('cases', 'B-MRI-beforeUS.tag'), encodeTag([{ ...LANDMARKS[0], second: [3, 0, 3] }]));
    await writeFile(path('cases', 'other.tag'), 'not read');
    const { cases, before } = await printed<Tre & { cases: Tre[] }>(['tre', '--landmarks', path('cases')]);
    expect(cases).toHaveLength(2);
    expect(before.mean).toBeCloseTo(((5 + Math.sqrt(26)) / 2 + 1) / 2, 5);
  });

  it('says when landmarks lie outside the warp', async () => {
    await writeFile(path('far.tag'), encodeTag([{ name: 'far', first: [90, 0, 0], second: [99, 0, 0] }]));
    const { stderr, code } = await earthmorph(['tre', '--landmarks', path('far.tag'), '--warp', path('warp.nii.gz')]);
    expect(stderr).toMatch(/1 landmarks of .* lie outside/);
    expect(code).toBe(0);
  });

  it('refuses what does not fit', async () => {
    await writeFile(path('one.csv'), 'x,y,z\n0,0,0\n');
    await expectRefusal(['tre', '--landmarks', path('one.csv')], /one image only.*--moving-landmarks/);
    await expectRefusal(
      ['tre', '--landmarks', path('pair.tag'), '--moving-landmarks', path('one.csv')],
      /2 landmarks and .* 1/,
    );
    await expectRefusal(['tre', '--landmarks', path('none.tag')], /cannot be read/);
    await expectRefusal(
      ['tre', '--landmarks', path('pair.tag'), path('far.tag'), '--warp', path('warp.nii.gz')],
      /belong to one case/,
    );
  });

  const resect = join(process.env.EARTHMORPH_DATA ?? 'data', 'resect');
  it.skipIf(!existsSync(resect))(
    'knows how far RESECT starts apart (skipped without EARTHMORPH_DATA/resect)',
    async () => {
      const { before } = await printed<Tre>(['tre', '--landmarks', resect]);
      expect(before.mean).toBeCloseTo(3.6767, 4);
      expect(before.sd).toBeCloseTo(2.4105, 4);
    },
  );
});

describe('earthmorph warp --landmarks', () => {
  it('moves the fixed points to where the moving image has them, and keeps the others', async () => {
    const out = path('moved.tag');
    const args = ['warp', '--warp', path('warp.nii.gz'), '--landmarks', path('pair.tag'), '--out', out];
    expect((await earthmorph(args)).code).toBe(0);
    const moved = decodeTag(await readFile(out, 'utf8'), out);
    expect(moved[0]?.first).toEqual([3, 0, 4]);
    expect(moved[0]?.second).toEqual([3, 0, 4].map((value) => expect.closeTo(value, 4)));
    expect(moved[1]?.second).toEqual([4, 3, 5].map((value) => expect.closeTo(value, 4)));
    await expectRefusal([...args.slice(0, -1), path('moved.txt')], /no name for landmarks/, path('moved.txt'));
  });
});
