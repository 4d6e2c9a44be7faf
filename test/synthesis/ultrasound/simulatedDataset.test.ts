import { describe, expect, it } from 'vitest';
import { type DataWriter, generate } from '../../../src/synthesis/generator.ts';
import { simulatedUltrasound } from '../../../src/synthesis/ultrasound/simulatedDataset.ts';
import type { Volume, Warp } from '../../../src/volume/grid.ts';
import { decodeTag } from '../../../src/volume/tagFile.ts';
import { warpPoints } from '../../../src/volume/warp.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const small = { seed: 2, cases: 1, size: [32, 32, 30], spacing: 3.4 };

/** What is written, in its order. */
function memoryWriter(): DataWriter & { readonly written: Map<string, Volume | Warp | string> } {
  const written = new Map<string, Volume | Warp | string>();
  const keep = async (path: string, content: Volume | Warp | string): Promise<void> => void written.set(path, content);
  return { written, image: keep, labels: async () => undefined, warp: keep, text: keep };
}

interface Said {
  readonly description: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly cases: readonly { id: string; mri: string; landmarks: number; initialDistance: number }[];
}

const saidIn = (written: ReadonlyMap<string, unknown>): Said =>
  JSON.parse(written.get('synthetic.json') as string) as Said;

describe('simulated ultrasound', async () => {
  const { written, ...writer } = memoryWriter();
  const steps: string[] = [];
  const onProgress = (done: number, total: number): void => void steps.push(`${done}/${total}`);
  const { remark } = await generate(simulatedUltrasound, { ...small, cases: 2 }, { writer, onProgress });
  const simulation = saidIn(written);

  it("writes RESECT's layout, the truth beside it, and last what it is", () => {
    const files = ['Case1', 'Case2'].flatMap((id) => [
      `${id}/MRI/${id}-T1.nii.gz`,
      `${id}/MRI/${id}-FLAIR.nii.gz`,
      `${id}/US/${id}-US-before.nii.gz`,
      `${id}/Landmarks/${id}-MRI-beforeUS.tag`,
      `${id}/Truth/${id}-US-to-MRI-warp.nii.gz`,
    ]);
    expect([...written.keys()]).toEqual([...files, 'synthetic.json']);
    expect(steps).toEqual(['1/2', '2/2']);
  });

  it('says that the data is simulated, in the description and in each tag file', () => {
    expect(simulation).toMatchObject({
      synthetic: true,
      kind: 'simulated',
      generator: 'simulate-us',
      settings: { seed: 2, cases: 2, shift: 5.3, spacing: 3.4, size: [32, 32, 30] },
    });
    expect(remark).toMatch(/^landmarks are \d\.\d\d ± \d\.\d\d mm apart before registration$/);
    expect(simulation.description).toMatch(/ultrasound is simulated/);
    expect(simulation.cases.map(({ id, mri }) => [id, mri])).toEqual([
      ['Case1', 'synthetic'],
      ['Case2', 'synthetic'],
    ]);
    expect(written.get('Case1/Landmarks/Case1-MRI-beforeUS.tag')).toMatch(/^% Case1: .*SIMULATED/m);
  });

  it('has tag files whose ultrasound points the warp takes to their MRI points, as far apart as is said', () => {
    for (const { id, landmarks, initialDistance } of simulation.cases) {
      const tag = decodeTag(written.get(`${id}/Landmarks/${id}-MRI-beforeUS.tag`) as string, id);
      const warp = written.get(`${id}/Truth/${id}-US-to-MRI-warp.nii.gz`) as Warp;
      expect(warp.affine).toEqual((written.get(`${id}/US/${id}-US-before.nii.gz`) as Volume).affine);
      expect(tag.length).toBe(landmarks);
      const moved = warpPoints(
        warp,
        tag.map(({ second }) => second!),
      );
      const apart = (p: readonly number[], q: readonly number[]): number =>
        Math.hypot(...p.map((mm, axis) => mm - q[axis]!));
      expect(Math.max(...moved.map((q, n) => apart(q, tag[n]!.first)))).toBeLessThan(0.05);
      const sum = tag.reduce((total, { first, second }) => total + apart(first, second!), 0);
      expect(sum / tag.length).toBeCloseTo(initialDistance, 3);
    }
  });

  it('has the same second case in a larger data set, and the same first one in a smaller', async () => {
    const one = memoryWriter();
    await generate(simulatedUltrasound, small, { writer: one });
    for (const [path, content] of one.written)
      if (path.startsWith('Case1/')) expect(content).toEqual(written.get(path));
  });

  it('goes round given MRI, with its own values, and leaves out the FLAIR that there is not', async () => {
    const mri = written.get('Case1/MRI/Case1-T1.nii.gz') as Volume;
    const real = memoryWriter();
    const reader = { files: memoryFiles({}), volume: async () => mri };
    await generate(simulatedUltrasound, { seed: 2, cases: 3, mri: ['here/a.nii', 'b.nii'] }, { writer: real, reader });
    const { cases, description, settings } = saidIn(real.written);
    expect(settings.mri).toEqual(['a.nii', 'b.nii']);
    expect(cases.map((each) => each.mri)).toEqual(['a.nii', 'b.nii', 'a.nii']);
    expect(description).toMatch(/^The MRI is real; the ultrasound is simulated/);
    expect(real.written.has('Case1/MRI/Case1-FLAIR.nii.gz')).toBe(false);
    expect((real.written.get('Case3/MRI/Case3-T1.nii.gz') as Volume).data).toEqual(mri.data);
    expect(real.written.get('Case1/US/Case1-US-before.nii.gz')).not.toEqual(
      real.written.get('Case3/US/Case3-US-before.nii.gz'),
    );
  });

  it.each([
    [{ cases: 0 }, 'The setting "cases" of the generator "simulate-us" must be at least 1.'],
    [{ shift: 0 }, '"shift" of the generator "simulate-us" must be more than 0.'],
    [{ shift: 40 }, '"shift" of the generator "simulate-us" must be at most 15.'],
    [{ spacing: 9 }, '"spacing" of the generator "simulate-us" must be at most 5.'],
    [{ size: [32, 32] }, '"size" of the generator "simulate-us" must be three whole numbers from 8 to 512'],
    [{ depth: 3 }, 'has no setting "depth", only cases, seed, mri, spacing, shift, size.'],
    [{ mri: ['a.nii'] }, 'The size is that of synthetic MRI; leave it out with real MRI.'],
  ])('refuses %o', async (change, sentence) => {
    const made = generate(simulatedUltrasound, { ...small, ...change }, { writer: memoryWriter() });
    await expect(made).rejects.toThrow(sentence);
  });
});
