import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PairResult } from '../../src/run/pairResults.ts';
import { printed } from './support.ts';

const resect = join(process.env.EARTHMORPH_DATA ?? 'data', 'resect');
const at = (...names: string[]): string => join(resect, 'Case24', ...names);
const ultrasound = at('US', 'Case24-US-before.nii.gz');
const t1 = at('MRI', 'Case24-T1.nii.gz');
const has = existsSync(ultrasound);
const why = has ? '' : ' (no RESECT scans under EARTHMORPH_DATA)';

/** What navigation left of an error is not to grow: the expert's own landmarks are not better than about a millimetre. */
const NO_HARM = 1.3;

describe.skipIf(!has)(`RESECT’s Case24${why}`, () => {
  it.each([
    ['MRI onto ultrasound', ultrasound, t1, 'second'],
    ['ultrasound onto MRI', t1, ultrasound, 'first'],
  ])(
    'is not harmed by an alignment: %s',
    async (_, fixed, moving, points) => {
      const scans = ['--fixed', fixed, '--moving', moving, '--init', 'world'];
      const judged = ['--landmarks', at('Landmarks', 'Case24-MRI-beforeUS.tag'), '--fixed-points', points, '--json'];
      const how = ['--model', 'none', '--affine', 'rigid', '--affine-loss', 'mind'];
      const { treBefore, treAfter } = await printed<PairResult>(['register', ...scans, ...judged, ...how]);
      expect(treBefore).toBeCloseTo(1.1011, 3);
      expect(treAfter).toBeLessThan(NO_HARM);
    },
    240_000,
  );
});
