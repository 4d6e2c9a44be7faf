import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { sum } from '../../../src/graph/index.ts';
import { chooseSimilarity } from '../../../src/loss/registry.ts';
import { BORDERS, extractPatches, patchStarts } from '../../../src/loss/wasserstein/patches.ts';
import { evaluate, withGradients } from '../../support/evaluate.ts';
import { lossProgram } from '../../support/lossProgram.ts';

describe('first voxels of patches along an axis', () => {
  it.each([
    [48, 11, 5, 'inside', [0, 5, 10, 15, 20, 25, 30, 35]],
    [48, 11, 5, 'cover', [0, 5, 10, 15, 20, 25, 30, 35, 37]],
    [16, 11, 5, 'inside', [0, 5]],
    [16, 11, 5, 'cover', [0, 5]],
    [11, 11, 5, 'inside', [0]],
    [11, 11, 5, 'cover', [0]],
    [10, 11, 5, 'inside', []],
    [10, 11, 5, 'cover', []],
    [7, 2, 3, 'inside', [0, 3]],
    [7, 2, 3, 'cover', [0, 3, 5]],
    [3, 1, 1, 'inside', [0, 1, 2]],
  ] as const)('of %i voxels, edge %i, stride %i, border %s', (extent, size, stride, border, starts) => {
    expect(patchStarts(extent, { size, stride, border })).toEqual(starts);
  });
});

describe.each(BORDERS.flatMap((border) => [[border, 3, 2] as const, [border, 2, 3] as const]))(
  'patches, border %s, edge %i, stride %i',
  (border, size, stride) => {
    const extent = [5, 6, 7] as const;
    const shape = [1, 1, ...extent];
    const grid = { size, stride, border };
    const values = Float32Array.from({ length: 210 }, (_, i) => i);
    const starts = extent.map((length) => patchStarts(length, grid)) as [number[], number[], number[]];
    /** Voxel of each element of each patch, in the order of the patches. */
    const voxels = starts[0].flatMap((z) =>
      starts[1].flatMap((y) =>
        starts[2].flatMap((x) =>
          Array.from({ length: size ** 3 }, (_, n) => {
            const [k, j, i] = [Math.floor(n / size ** 2), Math.floor(n / size) % size, n % size] as const;
            return ((z + k) * extent[1] + y + j) * extent[2] + x + i;
          }),
        ),
      ),
    );

    it('are cut out in C order', async () => {
      const { patches } = await evaluate([{ shape, values }], (x) => ({ patches: extractPatches(x!, grid) }));
      expect([...patches]).toEqual(voxels);
    });

    it('give each voxel as much gradient as patches hold it', async () => {
      const { toInputs } = await withGradients([{ shape, values }], (x) => sum(extractPatches(x!, grid)));
      const held = new Float32Array(210);
      for (const voxel of voxels) held[voxel]!++;
      expect(toInputs[0]).toEqual(held);
      expect(held.every((count) => count > 0)).toBe(border === 'cover' && size >= stride);
    });
  },
);

it.each([
  ['pswd', {}],
  ['pswd', { embedding: 'lines' }],
  ['swd', { patch: '3,11' }],
])('%s %j on volumes smaller than a patch is a mistake of the user, not a defect', async (name, options) => {
  chooseSimilarity(name, options);
  const refused = lossProgram(name, options, [16, 10, 12]);
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow(/patch.*\b11\b|\b11\b.*patch/);
});
