import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { expectRefusal, temporaryFolder, warpOf } from './support.ts';

const at = temporaryFolder();
let before: string[] = [];
const everything = async (): Promise<string[]> => (await readdir(at(), { recursive: true })).sort();

beforeAll(async () => {
  for (const name of ['a', 'b']) {
    const { image, labels } = makePhantomCase({ seed: 1, index: name === 'a' ? 0 : 1, size: [16, 16, 16] });
    await writeVolume(at(`data/${name}.nii.gz`), image);
    await writeLabels(at(`labels/${name}.nii.gz`), labels);
    if (name === 'a')
      await writeWarp(
        at('warp.nii.gz'),
        warpOf(image, (p) => p),
      );
  }
  await writeFile(at('pairs.csv'), 'fixed,moving\na.nii.gz,b.nii.gz\n');
  await writeFile(at('points.csv'), 'x,y,z\n1,2,3\n');
  await mkdir(at('written'));
  await symlink(at('data'), at('link'));
  // Where a list's results would replace what it reads.
  await mkdir(at('crowded'));
  await writeFile(at('crowded/results.csv'), 'fixed,moving\na.nii.gz,b.nii.gz\n');
  await writeVolume(at('crowded/moved_a_b.nii.gz'), makePhantomCase({ seed: 1, index: 0, size: [16, 16, 16] }).image);
  await writeFile(
    at('crowded/own.csv'),
    `fixed,moving\n${at('data/a.nii.gz')},moved_a_b.nii.gz\n${at('data/a.nii.gz')},${at('data/b.nii.gz')}\n`,
  );
  before = await everything();
});

const pair = (...more: string[]): string[] => [
  'register',
  '--fixed',
  at('data/a.nii.gz'),
  '--moving',
  at('data/b.nii.gz'),
  ...more,
];
const list = (command: string, ...more: string[]): string[] => [
  command,
  '--pairs',
  at('pairs.csv'),
  '--data',
  at('data'),
  ...more,
];

describe('no output is another output or an input', () => {
  it.each([
    [
      'register: moved and warp',
      () => pair('--moved', at('x.nii.gz'), '--warp', at('x.nii.gz')),
      /--moved and --warp are the same file/,
    ],
    [
      'register: inverse warp and warp, by another spelling',
      () => pair('--warp', at('x.nii.gz'), '--inverse-warp', `${at()}/./written/../x.nii.gz`),
      /--warp and --inverse-warp are the same file/,
    ],
    [
      'register: figure and report',
      () => pair('--figure', at('x.svg'), '--report', at('x.svg')),
      /--figure and --report are the same file/,
    ],
    ['register: the fixed scan', () => pair('--moved', at('data/a.nii.gz')), /--moved would overwrite --fixed/],
    [
      'register: the moving scan through a link',
      () => pair('--moved', at('link/b.nii.gz')),
      /--moved would overwrite --moving/,
    ],
    [
      'register: labels',
      () => pair('--moving-labels', at('labels/b.nii.gz'), '--moved-labels', at('labels/b.nii.gz')),
      /overwrite --moving-labels/,
    ],
    [
      'register: the list itself',
      () => ['register', '--pairs', at('crowded/results.csv'), '--data', at('data'), '--out', at('crowded')],
      /overwrite the list of pairs/,
    ],
    [
      'register: a scan of the list',
      () => ['register', '--pairs', at('crowded/own.csv'), '--data', at('crowded'), '--out', at('crowded')],
      /a result of pair 2 would overwrite/,
    ],
    [
      'evaluate: figure and report',
      () => list('evaluate', '--figure', at('x.svg'), '--report', at('x.svg')),
      /are the same file/,
    ],
    ['evaluate: the list', () => list('evaluate', '--report', at('pairs.csv')), /overwrite --pairs/],
    ['evaluate: a scan of the list', () => list('evaluate', '--report', at('data/b.nii.gz')), /a file of the pairs/],
    [
      'warp: the image',
      () => ['warp', '--warp', at('warp.nii.gz'), '--image', at('data/b.nii.gz'), '--out', at('link/b.nii.gz')],
      /overwrite --image/,
    ],
    [
      'warp: the warp',
      () => ['warp', '--warp', at('warp.nii.gz'), '--image', at('data/b.nii.gz'), '--out', at('warp.nii.gz')],
      /overwrite --warp/,
    ],
    [
      'warp: the landmarks',
      () => ['warp', '--warp', at('warp.nii.gz'), '--landmarks', at('points.csv'), '--out', at('points.csv')],
      /overwrite --landmarks/,
    ],
    [
      'jacobian: the warp',
      () => ['jacobian', '--warp', at('warp.nii.gz'), '--out', at('warp.nii.gz')],
      /overwrite --warp/,
    ],
    [
      'distance: scan A',
      () => ['distance', '--profile', at('x.svg'), at('x.svg'), at('data/b.nii.gz')],
      /overwrite scan A/,
    ],
    [
      'compare-losses: a list',
      () => [
        'compare-losses',
        '--data',
        at('data'),
        '--pairs',
        at('crowded/results.csv'),
        '--tune',
        at('crowded/table.csv'),
        '--out',
        at('crowded'),
      ],
      /overwrite a list of pairs/,
    ],
  ] as const)('%s', async (_, args, sentence) => {
    await expectRefusal(args(), sentence);
    expect(await everything()).toEqual(before);
    expect(await readFile(at('pairs.csv'), 'utf8')).toContain('a.nii.gz');
  });

  it.each([
    ['data phantom', ['data', 'phantom', '--out']],
    ['data simulate-us', ['data', 'simulate-us', '--cases', '1', '--out']],
    ['demo', ['demo', '--out']],
    ['train', ['train', '--epochs', '1', '--data', 'DATA', '--out']],
  ])('%s writes into a folder of its own', async (_, args) => {
    const full = args.map((word) => (word === 'DATA' ? at('data') : word));
    for (const folder of ['data', 'link', 'pairs.csv']) await expectRefusal([...full, at(folder)], /./);
    expect(await everything()).toEqual(before);
  });
});
