import { mkdir, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { counted, duration } from '../../src/cli/output.ts';
import { progressLine } from '../../src/cli/progress.ts';
import { writeVolume } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { randomModel } from '../support/phantomModel.ts';
import { earthmorph, temporaryFolder } from './support.ts';

const at = temporaryFolder();

beforeAll(async () => {
  for (const index of [0, 1, 2])
    await writeVolume(at(`data/${index}.nii.gz`), makePhantomCase({ seed: 1, index, size: [20, 20, 20] }).image);
  await writeFile(at('pairs.csv'), 'fixed,moving\n0.nii.gz,1.nii.gz\n1.nii.gz,2.nii.gz\n2.nii.gz,0.nii.gz\n');
  await mkdir(at('run'));
  await writeFile(at('run/model.onnx'), encodeModel(randomModel()));
});

describe('words', () => {
  it('say one of a thing as one, and never no time', () => {
    expect([0, 1, 2].map((n) => counted(n, 'epoch'))).toEqual(['0 epochs', '1 epoch', '2 epochs']);
    expect(counted(1, 'refinement of a pair', 'refinements of pairs')).toBe('1 refinement of a pair');
    expect([0, 0.2, 59.4, 60, 3599, 3600, 7980].map(duration)).toEqual([
      ...['1 s', '1 s', '59 s', '1 min 0 s', '59 min 59 s', '1 h 0 min', '2 h 13 min'],
    ]);
  });

  it('say how far work is, and how long it will take where that is known', () => {
    expect(progressLine('evaluating', 4, 40, 30)).toBe('evaluating: 4 of 40, about 4 min 30 s left');
    expect(progressLine('evaluating', 0, 40, 30)).toBe('evaluating: 0 of 40, 30 s so far');
    expect(progressLine('registering', 0, 0, 95)).toBe('registering: 1 min 35 s so far');
  });
});

describe('without a terminal', () => {
  const talkative = { env: { EARTHMORPH_PROGRESS_SECONDS: '0' } };

  it.each([
    [
      'evaluate',
      () => ['evaluate', '--model', 'none', '--align', 'rigid', '--pairs', at('pairs.csv'), '--data', at('data')],
      /^evaluating: [0-2] of 3, .+ (left|so far)$/m,
    ],
    [
      'register --pairs',
      () => [
        'register',
        '--model',
        at('run'),
        '--align',
        'rigid',
        '--pairs',
        at('pairs.csv'),
        '--data',
        at('data'),
        '--out',
        at('registered'),
      ],
      /^registering: [0-2] of 3, .+ (left|so far)$/m,
    ],
    [
      'an alignment',
      () => [
        'register',
        '--model',
        'none',
        '--align',
        'rigid',
        '--fixed',
        at('data/0.nii.gz'),
        '--moving',
        at('data/1.nii.gz'),
        '--moved',
        at('moved.nii.gz'),
      ],
      /^registering: \d+ s so far$/m,
    ],
    [
      'a refinement',
      () => [
        'register',
        '--model',
        'none',
        '--refine',
        '60',
        '--fixed',
        at('data/0.nii.gz'),
        '--moving',
        at('data/1.nii.gz'),
        '--moved',
        at('moved.nii.gz'),
      ],
      /^refining: \d+ of 60, about .+ left$/m,
    ],
    [
      'data simulate-us',
      () => ['data', 'simulate-us', '--out', at('simulated'), '--cases', '2', '--size', '40,40,36', '--spacing', '3'],
      /^Making cases: 1 of 2, about .+ left$/m,
    ],
  ])('%s says how far it is on standard error, and standard output stays JSON', async (_, args, line) => {
    const { code, stdout, stderr } = await earthmorph([...args(), '--json'], talkative);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(line);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });
});

describe('what was written', () => {
  const wrote = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await earthmorph(args);
    expect(code, stderr).toBe(0);
    return stdout;
  };

  it('is said at the end', async () => {
    const pair = ['--fixed', at('data/0.nii.gz'), '--moving', at('data/1.nii.gz'), '--model', at('run')];
    const [moved, warp, map, report, graph] = ['a.nii.gz', 'w.nii.gz', 'j.nii.gz', 'r.html', 'g.onnx'].map((name) =>
      at('said', name),
    ) as [string, string, string, string, string];
    expect(await wrote('register', ...pair, '--moved', moved, '--warp', warp, '--report', report)).toMatch(
      new RegExp(`\nWrote ${moved}, ${warp} and ${report}\\.\n$`),
    );
    expect(await wrote('warp', '--warp', warp, '--image', at('data/1.nii.gz'), '--out', moved)).toBe(
      `Wrote ${moved}.\n`,
    );
    expect(await wrote('jacobian', '--warp', warp, '--out', map)).toContain(`\nWrote ${map}.\n`);
    expect(await wrote('graph', '--size', '16', '--out', graph)).toContain(`\nWrote ${graph}.\n`);
    const list = ['--model', at('run'), '--pairs', at('pairs.csv'), '--data', at('data')];
    expect(await wrote('register', ...list, '--out', at('said/list'))).toContain(
      `\nWrote ${at('said/list')}: the images and warps of 3 pairs, results.csv and results.json.\n`,
    );
    expect(await wrote('evaluate', ...list, '--report', report)).toContain(`\nWrote ${report}.\n`);
    expect(await wrote('data', 'phantom', '--out', at('said/phantom'), '--cases', '1', '--size', '16,16,16')).toBe(
      `${at('said/phantom')}: 1 synthetic case, seed 1\n`,
    );
  });
});
