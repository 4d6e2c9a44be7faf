import { describe, expect, it } from 'vitest';
import { readLandmarks, writeLandmarks } from '../../src/file/landmarkFile.ts';
import { readVolume, writeVolume } from '../../src/file/volumeFile.ts';
import type { PairResult } from '../../src/outcome/pairResults.ts';
import { Motion } from '../../src/registration/alignment/motion.ts';
import { applyToPoint, identity, multiply } from '../../src/volume/matrix.ts';
import { cropPad } from '../../src/volume/resample.ts';
import { RESECT } from '../support/realData.ts';
import { printed, temporaryFolder } from './support.ts';

const path = temporaryFolder();

const at = (...names: string[]): string => RESECT.at('Case24', ...names);
const ultrasound = at('US', 'Case24-US-before.nii.gz');
const t1 = at('MRI', 'Case24-T1.nii.gz');

/**
 * What navigation left of an error is not to grow: the expert's own landmarks are not better than about a millimetre.
 */
const NO_HARM = 1.3;

describe.skipIf(!RESECT.isHere)(`RESECT’s Case24${RESECT.why}`, () => {
  it.each([
    ['MRI onto ultrasound', ultrasound, t1, 'second'],
    ['ultrasound onto MRI', t1, ultrasound, 'first'],
  ])(
    'is not harmed by an alignment: %s',
    async (_, fixed, moving, points) => {
      const scans = ['--fixed', fixed, '--moving', moving, '--init', 'world'];
      const judged = ['--landmarks', at('Landmarks', 'Case24-MRI-beforeUS.tag'), '--fixed-points', points, '--json'];
      // The loss that the pair itself asks for: MIND.
      const how = ['--model', 'none', '--align', 'rigid'];
      const { treBefore, treAfter } = await printed<PairResult>(['register', ...scans, ...judged, ...how]);
      expect(treBefore).toBeCloseTo(1.1011, 3);
      expect(treAfter).toBeLessThan(NO_HARM);
    },
    240_000,
  );

  it('is found from several millimetres off', async () => {
    const tag = at('Landmarks', 'Case24-MRI-beforeUS.tag');
    const motion = new Motion('rigid', [0, 0, 0], 1).moved(identity, [3.4, -3.8, 2.6, 0, 0, 0]);
    const scan = await readVolume(t1);
    const [nx, ny, nz] = scan.size;
    // Without a slab of 8 mm, the middles of the two scans do not tell where they belong.
    const part = cropPad(scan, [16, 0, 0], [nx - 16, ny, nz]);
    await writeVolume(path('displaced.nii.gz'), { ...part, affine: multiply(motion, part.affine) });
    const landmarks = (await readLandmarks(tag)).map((each) => ({ ...each, first: applyToPoint(motion, each.first) }));
    await writeLandmarks(path('displaced.tag'), landmarks, 'displaced');
    const scans = ['--fixed', ultrasound, '--moving', path('displaced.nii.gz'), '--init', 'world'];
    const how = ['--model', 'none', '--align', 'rigid', '--align-loss', 'mind'];
    const judged = ['--landmarks', path('displaced.tag'), '--json'];
    const { treBefore, treAfter } = await printed<PairResult>(['register', ...scans, ...how, ...judged]);
    expect(treBefore).toBeGreaterThan(5);
    expect(treAfter).toBeLessThan(3.5);
  });
});
