import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import type { Landmark } from '../../src/volume/landmarks.ts';
import { decodeTag, encodeTag } from '../../src/volume/tagFile.ts';
import { RESECT } from '../support/realData.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder, warpOf } from './support.ts';

const path = temporaryFolder();
const GRID = { size: [20, 20, 20], affine: [1.5, 0, 0, -10, 0, 1.5, 0, -10, 0, 0, 1.5, -10, 0, 0, 0, 1] } as const;
/**
 * MRI first, ultrasound second; the ultrasound is where the MRI is but for (3, 0, 4) mm, and 1 mm more at the second
 * point.
 */
const LANDMARKS = [
  { name: 'a', first: [3, 0, 4], second: [0, 0, 0] },
  { name: 'b', first: [4, 2, 5], second: [1, 3, 1] },
] as const;

function landmark(name: string, first: Landmark['first']): Landmark {
  return { name, first };
}

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

  it('pairs the points of two files by name or label, not by row', async () => {
    await writeFile(path('a.csv'), 'name,x,y,z\n3,0,0,0\n1,10,0,0\n2,0,20,0\n');
    await writeFile(
      path('b.tag'),
      encodeTag([landmark('2', [0, 20, 3]), landmark('3', [1, 2, 2]), landmark('1', [10, 3, 0])]),
    );
    const voxels = new Int32Array(20 ** 3);
    // At (0.5, 0.5, 2), (11, 0.5, 0.5) and (0.5, 18.5, 0.5) mm.
    voxels[7 + 20 * (7 + 20 * 8)] = 3;
    voxels[14 + 20 * (7 + 20 * 7)] = 1;
    voxels[7 + 20 * (19 + 20 * 7)] = 2;
    await writeLabels(path('labels.nii.gz'), { ...GRID, data: voxels });
    for (const [moving, distances] of [
      ['b.tag', [3, 3, 3]],
      ['labels.nii.gz', [Math.hypot(0.5, 0.5, 2), Math.hypot(1, 0.5, 0.5), Math.hypot(0.5, 1.5, 0.5)]],
    ] as const) {
      const args = ['tre', '--landmarks', path('a.csv'), '--moving-landmarks', path(moving)];
      const { landmarks } = await printed<Tre>(args);
      expect(landmarks).toEqual(
        ['3', '1', '2'].map((name, n) => ({ name, before: expect.closeTo(distances[n] as number, 4) })),
      );
    }
  });

  it('names landmarks that lie outside the warp, and refuses where all do', async () => {
    const far = { name: 'far', first: [90, 0, 0], second: [99, 0, 0] } as const;
    await writeFile(path('some.tag'), encodeTag([...LANDMARKS, far]));
    const { stderr, code } = await earthmorph(['tre', '--landmarks', path('some.tag'), '--warp', path('warp.nii.gz')]);
    expect(stderr).toMatch(/^Note: 1 of the 3 landmarks of .* lie outside .*: "far"\.\n$/);
    expect(code).toBe(0);
    await writeFile(path('far.tag'), encodeTag([far]));
    await expectRefusal(
      ['tre', '--landmarks', path('far.tag'), '--warp', path('warp.nii.gz')],
      /No landmark of .*far\.tag lies in the grid of .*warp\.nii\.gz/,
    );
    await writeFile(path('far-fixed.csv'), 'x,y,z\n99,0,0\n0,0,99\n');
    await writeFile(path('near-moving.csv'), 'x,y,z\n0,0,0\n1,1,1\n');
    await expectRefusal(
      [
        'tre',
        '--landmarks',
        path('far-fixed.csv'),
        '--moving-landmarks',
        path('near-moving.csv'),
        '--warp',
        path('warp.nii.gz'),
      ],
      /No landmark of .*far-fixed\.csv/,
    );
  });

  it('measures more landmarks than a function takes arguments', async () => {
    const rows = Array.from({ length: 130_000 }, (_, n) => `${n},0,0`).join('\n');
    await writeFile(path('many.csv'), `x,y,z\n${rows}\n`);
    const args = ['tre', '--landmarks', path('many.csv'), '--moving-landmarks', path('many.csv')];
    const { stdout, code } = await earthmorph(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/maximum +0\.000\n$/);
  });

  it('refuses what does not fit', async () => {
    await writeFile(path('one.csv'), 'x,y,z\n0,0,0\n');
    await expectRefusal(['tre', '--landmarks', path('one.csv')], /one image only.*--moving-landmarks/);
    await expectRefusal(
      ['tre', '--landmarks', path('pair.tag'), '--moving-landmarks', path('one.csv')],
      /pair\.tag holds the points of both images/,
    );
    await writeFile(path('two.csv'), 'x,y,z\n0,0,0\n1,1,1\n');
    const pair = (fixed: string, moving: string) => [
      'tre',
      '--landmarks',
      path(fixed),
      '--moving-landmarks',
      path(moving),
    ];
    await expectRefusal(
      pair('two.csv', 'one.csv'),
      /two\.csv and .*one\.csv have no names and differ in number \(2 and 1\)/,
    );
    await writeFile(path('named.csv'), 'name,x,y,z\nb,0,0,0\na,1,1,1\n');
    await writeFile(path('others.csv'), 'name,x,y,z\na,0,0,0\nc,1,1,1\n');
    await expectRefusal(
      pair('named.csv', 'others.csv'),
      /"b" is only in .*named\.csv, and "c" is only in .*others\.csv/,
    );
    await writeFile(path('twice.csv'), 'name,x,y,z\na,0,0,0\na,1,1,1\n');
    await expectRefusal(pair('named.csv', 'twice.csv'), /"a" occurs more than once in .*twice\.csv/);
    await expectRefusal(['tre', '--landmarks', path('none.tag')], /cannot be read/);
    await expectRefusal(
      ['tre', '--landmarks', path('pair.tag'), path('far.tag'), '--warp', path('warp.nii.gz')],
      /belong to one case/,
    );
  });

  it.skipIf(!RESECT.isHere)(`knows how far RESECT starts apart${RESECT.why}`, async () => {
    const known = [1, 4, 6, 8, 14, 16, 18, 24, 25, 26, 27];
    const tags = known.map((n) => RESECT.at(`Case${n}`, 'Landmarks', `Case${n}-MRI-beforeUS.tag`));
    const { before } = await printed<Tre>(['tre', '--landmarks', ...tags]);
    expect(before.mean).toBeCloseTo(3.6767, 4);
    expect(before.sd).toBeCloseTo(2.4105, 4);
  });
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
    const csv = path('moved.csv');
    const unnamed = path('unnamed.csv');
    await writeFile(unnamed, 'x,y,z\n0,0,0\n1,3,1\n');
    const points = ['warp', '--warp', path('warp.nii.gz'), '--landmarks', unnamed, '--out', csv];
    expect((await earthmorph(points)).code).toBe(0);
    expect(await readFile(csv, 'utf8')).toMatch(/^x,y,z\n3\.0/);
    await expectRefusal([...args.slice(0, -1), path('moved.txt')], /not a name for landmarks/, path('moved.txt'));
  });
});

describe('earthmorph register --landmarks', () => {
  it('leaves out the error of landmarks that all lie outside the fixed scan, and says so', async () => {
    const data = Float32Array.from({ length: 20 ** 3 }, (_, n) => Math.sin(n / 7) + Math.cos(n / 131));
    await writeVolume(path('scan.nii.gz'), { ...GRID, data });
    const scans = ['--fixed', path('scan.nii.gz'), '--moving', path('scan.nii.gz'), '--model', 'none', '--refine', '1'];
    const landmarks = path('outside.tag');
    await writeFile(landmarks, encodeTag([{ name: 'far', first: [900, 0, 0], second: [0, 900, 0] }]));
    const { code, stdout, stderr } = await earthmorph(['register', ...scans, '--landmarks', landmarks, '--json']);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `Note: all landmarks of ${landmarks} lie outside ${path('scan.nii.gz')}, so no landmark error is computed.\n`,
    );
    expect(JSON.parse(stdout)).not.toHaveProperty('treAfter');
    // One of them inside is enough, and the names of a file with both images need not differ.
    const tip = { name: 'tip', first: [0, 0, 0], second: [0, 3, 0] } as const;
    await writeFile(landmarks, encodeTag([tip, { ...tip, first: [1, 1, 5], second: [1, 1, 1] }]));
    const inside = await earthmorph(['register', ...scans, '--landmarks', landmarks, '--json']);
    expect(JSON.parse(inside.stdout).treBefore).toBeCloseTo(3.5, 5);
  });
});
