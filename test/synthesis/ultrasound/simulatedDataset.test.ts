import { describe, expect, it } from 'vitest';
import {
  type MriSource,
  type Simulation,
  type SimulationOptions,
  type SimulationWriter,
  writeSimulation,
} from '../../../src/synthesis/ultrasound/simulatedDataset.ts';
import type { Volume, Warp } from '../../../src/volume/grid.ts';
import { decodeTag } from '../../../src/volume/tagFile.ts';
import { warpPoints } from '../../../src/volume/warp.ts';

const small: SimulationOptions = { seed: 2, count: 1, size: [32, 32, 30], spacing: 3.4 };

/** What is written, in its order. */
function memoryWriter(): SimulationWriter & { readonly written: Map<string, Volume | Warp | string> } {
  const written = new Map<string, Volume | Warp | string>();
  const keep = async (path: string, content: Volume | Warp | string): Promise<void> => void written.set(path, content);
  return { written, image: keep, warp: keep, text: keep };
}

describe('writeSimulation', async () => {
  const { written, ...writer } = memoryWriter();
  const steps: string[] = [];
  const simulation = await writeSimulation(writer, {
    ...small,
    count: 2,
    onProgress: (done, total) => steps.push(`${done}/${total}`),
  });

  it("writes RESECT's layout, the truth beside it, and last what it is", () => {
    const files = ['Case1', 'Case2'].flatMap((id) => [
      `${id}/MRI/${id}-T1.nii.gz`,
      `${id}/MRI/${id}-FLAIR.nii.gz`,
      `${id}/US/${id}-US-before.nii.gz`,
      `${id}/Landmarks/${id}-MRI-beforeUS.tag`,
      `${id}/Truth/${id}-US-to-MRI-warp.nii.gz`,
    ]);
    expect([...written.keys()]).toEqual([...files, 'simulation.json']);
    expect(steps).toEqual(['1/2', '2/2']);
  });

  it('says that the data is simulated, in the description and in each tag file', () => {
    const stored = JSON.parse(written.get('simulation.json') as string) as Simulation;
    expect(stored).toEqual(simulation);
    expect(stored).toMatchObject({
      simulated: true,
      seed: 2,
      settings: { shift: 5.3, spacing: 3.4, size: [32, 32, 30] },
    });
    expect(stored.description).toMatch(/ultrasound is simulated/);
    expect(stored.cases.map(({ id, mri }) => [id, mri])).toEqual([
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
    await writeSimulation(one, small);
    for (const [path, content] of one.written)
      if (path.startsWith('Case1/')) expect(content).toEqual(written.get(path));
  });

  it('goes round given MRI, with its own values, and leaves out the FLAIR that there is not', async () => {
    const mri = written.get('Case1/MRI/Case1-T1.nii.gz') as Volume;
    const source = (name: string): MriSource => ({ name, read: async () => ({ t1: mri }) });
    const real = memoryWriter();
    const { cases, description } = await writeSimulation(real, {
      ...{ seed: 2, count: 3, mri: [source('a.nii'), source('b.nii')] },
    });
    expect(cases.map((each) => each.mri)).toEqual(['a.nii', 'b.nii', 'a.nii']);
    expect(description).toMatch(/^The MRI is real; the ultrasound is simulated/);
    expect(real.written.has('Case1/MRI/Case1-FLAIR.nii.gz')).toBe(false);
    expect((real.written.get('Case3/MRI/Case3-T1.nii.gz') as Volume).data).toEqual(mri.data);
    expect(real.written.get('Case1/US/Case1-US-before.nii.gz')).not.toEqual(
      real.written.get('Case3/US/Case3-US-before.nii.gz'),
    );
  });

  it.each([
    [{ count: 0 }, 'A simulation of 0 cases is not possible: ask for 1 or more.'],
    [{ shift: 0 }, 'A mean misalignment of 0 mm is not possible: give more than 0 and at most 15.'],
    [{ shift: 40 }, 'A mean misalignment of 40 mm is not possible: give more than 0 and at most 15.'],
    [{ spacing: 9 }, 'Voxels of 9 mm are not possible: give 0.2 to 5.'],
  ])('refuses %o', async (change, sentence) => {
    await expect(writeSimulation(memoryWriter(), { ...small, ...change })).rejects.toThrow(sentence);
  });
});
