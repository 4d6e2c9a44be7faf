import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readPointPairs } from '../../src/file/landmarkFile.ts';
import { writeLabels } from '../../src/file/volumeFile.ts';
import { encodeTag } from '../../src/volume/tagFile.ts';
import { readCase } from '../../src/workflow/readImage.ts';
import { temporaryFolder } from '../cli/support.ts';

const path = temporaryFolder();
const GRID = { size: [4, 4, 4], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } as const;

/** A label image whose labels, in this order, are one voxel each along x. */
async function labelled(name: string, ...labels: number[]): Promise<string> {
  const data = new Int32Array(64);
  data.set(labels);
  await writeLabels(path(name), { ...GRID, data });
  return path(name);
}

describe('readPointPairs', () => {
  it('pairs the two images of one file by row, even where names recur', async () => {
    const rows = [1, 2].map((x) => ({ name: 'tip', first: [x, 0, 0] as const, second: [x, 5, 0] as const }));
    await writeFile(path('rows.tag'), encodeTag(rows));
    const pairs = await readPointPairs(
      { path: path('rows.tag'), side: 'second' },
      { path: path('rows.tag'), side: 'first' },
    );
    expect(pairs?.fixed).toEqual([
      [1, 5, 0],
      [2, 5, 0],
    ]);
    expect(pairs?.moving).toEqual([
      [1, 0, 0],
      [2, 0, 0],
    ]);
  });

  it('leaves out structures by their number, not by how many are there', async () => {
    const fixed = await labelled('fixed.nii.gz', 2, 3);
    const moving = await labelled('moving.nii.gz', 3, 1, 2);
    const pairs = await readPointPairs(
      { path: fixed, side: 'first', skip: 1 },
      { path: moving, side: 'first', skip: 1 },
    );
    expect(pairs).toEqual({
      names: ['2', '3'],
      fixed: [
        [0, 0, 0],
        [1, 0, 0],
      ],
      moving: [
        [2, 0, 0],
        [0, 0, 0],
      ],
    });
    const organ = await labelled('organ.nii.gz', 1, 1);
    const none = { path: organ, side: 'first', skip: 1 } as const;
    expect(await readPointPairs(none, none)).toBeUndefined();
    await expect(readPointPairs({ path: fixed, side: 'first', skip: 1 }, none)).rejects.toThrow(
      /"2", "3" are only in .*fixed\.nii\.gz/,
    );
  });
});

it('a case whose two images have other landmarks is refused when it is read', async () => {
  const fixed = await labelled('case-fixed.nii.gz', 1, 2, 3);
  const moving = await labelled('case-moving.nii.gz', 1, 3);
  const side = (file: string) => ({ image: file, landmarks: { path: file, side: 'first', skip: 1 } as const });
  await expect(readCase({ ...side(fixed), moving: side(moving) })).rejects.toThrow(
    /"2" is only in .*case-fixed\.nii\.gz/,
  );
  const read = await readCase({ ...side(moving), moving: side(moving) });
  expect(read.moving?.landmarks).toEqual([{ name: '3', point: [1, 0, 0] }]);
});
