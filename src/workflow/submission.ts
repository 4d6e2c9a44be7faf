import { join } from 'node:path';
import type { Dataset, PairIds } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { pairResult } from '../outcome/pairResults.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import type { PairRegistrar } from '../registration/register.ts';
import type { Grid, Warp } from '../volume/grid.ts';
import { applyToPoint, invert, multiply } from '../volume/matrix.ts';
import { encodeNifti } from '../volume/niftiEncode.ts';
import { type PairList, type PairTask, registerListed } from './registerPairs.ts';

/**
 * The pairs that a data set prescribes for a purpose, in its order.
 * @throws UserError when it prescribes none
 */
export function prescribedPairs(dataset: Dataset, split: PairIds['split']): PairList {
  const byId = new Map(dataset.cases.map((each) => [each.id, each]));
  const listed = (dataset.officialPairs ?? []).filter((pair) => pair.split === split);
  const pairs = listed.flatMap((pair) => {
    const [fixed, moving] = [byId.get(pair.fixed), byId.get(pair.moving)];
    return fixed && moving ? [{ fixed, moving }] : [];
  });
  if (pairs.length > 0) return { dataset, pairs };
  const others = new Set(dataset.officialPairs?.map((pair) => pair.split));
  throw new UserError(
    `${dataset.root} lists no ${split} pairs whose scans are there; ${others.size > 0 ? `it lists ${[...others].join(' and ')} pairs (--split)` : 'give the folder of a Learn2Reg task, with its dataset.json'}.`,
  );
}

/**
 * A warp in the form of Learn2Reg: the place of each fixed voxel in the moving array, minus its place in the fixed
 * array. It is in voxels, with components in the order of the array's axes, one after the other, as [3, nz, ny, nx].
 */
export function voxelDisplacement(warp: Warp, moving: Grid): Warp {
  const { size, affine, data } = warp;
  const count = data.length / 3;
  const toMoving = invert(moving.affine);
  const between = multiply(toMoving, affine);
  const out = new Float32Array(data.length);
  const [nx, ny, nz] = size;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const start = applyToPoint(between, [i, j, k]);
        // LPS to RAS.
        const [x, y, z] = [-data[n]!, -data[n + count]!, data[n + 2 * count]!];
        for (let a = 0; a < 3; a++) {
          const moved = toMoving[4 * a]! * x + toMoving[4 * a + 1]! * y + toMoving[4 * a + 2]! * z;
          out[n + a * count] = start[a]! + moved - [i, j, k][a]!;
        }
      }
  return { size, affine, data: out };
}

/**
 * Registers a pair of a challenge and writes `disp_FFFF_MMMM.nii.gz` into a folder (Learn2Reg: Hering et al., IEEE TMI
 * 42(3), 2023). The file holds {@link voxelDisplacement} on the fixed scan's grid, as a NIfTI image of [nx, ny, nz, 3].
 * @throws UserError when two pairs would have one name
 */
export function submissionTask(list: PairList, registrar: PairRegistrar, start?: InitialAlignment): PairTask {
  const names = list.pairs.map(({ fixed, moving }) => `disp_${numberOf(fixed.id)}_${numberOf(moving.id)}.nii.gz`);
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined)
    throw new UserError(
      `Two pairs would both be written as ${twice}, since Learn2Reg names fields by the numbers of the scans; list each pair once, and give each scan its own number.`,
    );
  return async (index, folder) => {
    const { fixed, moving } = list.pairs[index]!;
    const registered = await registerListed(list, index, registrar, start);
    const field = voxelDisplacement(registered.warp, registered.moving);
    const bytes = await encodeNifti(field, { gzip: true, vectors: 'fourth' });
    await writeAtomically(join(folder!, names[index]!), bytes);
    return pairResult(fixed.id, moving.id, registered);
  };
}

/** The four digits by which a challenge tells scans apart: the last such group of a name, without the channel. */
function numberOf(id: string): string {
  const groups = id.replace(/_0000$/, '').match(/\d+/g);
  const last = groups?.at(-1);
  if (last === undefined)
    throw new UserError(
      `The scan "${id}" has no number in its name, and Learn2Reg names fields by it; rename the file.`,
    );
  return last.padStart(4, '0');
}
