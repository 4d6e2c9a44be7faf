import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { nodeFiles } from '../../src/file/nodeFiles.ts';
import { readVolume } from '../../src/file/volumeFile.ts';
import { trainingConfig } from '../../src/training/configuration.ts';
import { freshPairs } from '../../src/workflow/freshPairs.ts';
import { earthmorph, temporaryFolder } from '../cli/support.ts';

const at = temporaryFolder();
const SETTINGS =
  '--fresh --supervise labels --similarity-weight 0 --crop whole --size 16 --normalise percentile --network pyramid --half-resolution --integration-steps 3 --epochs 2 --pairs-per-epoch 5 --split 25,75,0 --threads 1 --flow-deviation 0.01';
const config = trainingConfig({ crop: 'whole', size: 16, fresh: true, supervise: 'labels' });

beforeAll(async () => {
  for (const [name, ...words] of [
    ['shapes', '--cases', '4', '--size', '16,16,16', '--labels', '6'],
    ['phantom', '--cases', '3', '--size', '16,16,16'],
  ]) {
    const { code, stderr } = await earthmorph(['data', name!, '--out', at(name!), ...words]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
});

async function metrics(run: string): Promise<object[]> {
  const lines = (await readFile(at(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { seconds: _, secondsPerStep: __, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return rest;
  });
}

describe('a training on cases that are made at each step', () => {
  it('goes on from a checkpoint to the same numbers, and its model takes scans of any size', async () => {
    const words = SETTINGS.split(' ');
    const note = /^Note: The images show random shapes/;
    const once = await earthmorph(['train', '--data', at('shapes'), '--out', at('whole'), ...words]);
    expect(once.stderr).toMatch(note);
    expect(once.code).toBe(0);
    const first = [...words.with(words.indexOf('--epochs') + 1, '1')];
    await earthmorph(['train', '--data', at('shapes'), '--out', at('half'), ...first]);
    expect((await earthmorph(['train', '--out', at('half'), '--resume', '--epochs', '2'])).code).toBe(0);
    expect(await metrics('half')).toEqual(await metrics('whole'));

    await earthmorph(['data', 'phantom', '--out', at('scans'), '--cases', '2', '--size', '40,28,20']);
    const [fixed, moving] = [1, 2].map((n) => at('scans', 'imagesTr', `phantom_00${n}.nii.gz`)) as [string, string];
    const moved = at('moved.nii.gz');
    const done = await earthmorph(['register', fixed, moving, '--model', at('whole'), '--moved', moved]);
    expect(done.code, done.stderr).toBe(0);
    expect((await readVolume(moved)).size).toEqual([40, 28, 20]);
  });

  it('takes no case twice, and none of the folder', async () => {
    const dataset = await openDataset(at('shapes'), nodeFiles());
    const fresh = await freshPairs(dataset, config);
    expect(fresh(1)).toEqual(fresh(1));
    expect(fresh(2).fixed.values).not.toEqual(fresh(1).fixed.values);
    const other = await freshPairs(dataset, { ...config, seed: 2 });
    expect(other(1).fixed.values).not.toEqual(fresh(1).fixed.values);
    expect(fresh(1).fixed.grid.size).toEqual([16, 16, 16]);
    expect(fresh(1).moving.labels!.some((label) => label > 0)).toBe(true);
  });

  it('is refused where the data cannot be made so, and where there is nothing to learn from', async () => {
    const phantom = await openDataset(at('phantom'), nodeFiles());
    await expect(freshPairs(phantom, config)).rejects.toThrow(
      /--fresh needs data of a generator that makes single pairs.*earthmorph data shapes\.$/,
    );
    expect(() => trainingConfig({ similarityWeight: 0 })).toThrow(/^There is nothing to learn from/);
  });
});
