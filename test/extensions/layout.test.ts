import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../cli/support.ts';
import { extended, SMALL_OPTIONS } from './support.ts';

const { at, run, experiment } = extended(`
import { defineLayout, registerLayout } from 'earthmorph';

registerLayout(
  defineLayout({
    name: 'subjects',
    title: 'a folder a subject',
    recognises: ({ names }) => names.some((name) => name.startsWith('sub-')),
    list: async ({ path, names }) => ({
      cases: names
        .filter((name) => name.startsWith('sub-'))
        .map((id) => ({ id, image: \`\${path}/\${id}/scan.nii.gz\`, labels: \`\${path}/\${id}/regions.nii.gz\` })),
      labelNames: { 1: 'front', 2: 'back' },
    }),
  }),
);
`);

beforeAll(async () => {
  await run('data', 'phantom', '--out', at('made'), '--cases', '6', '--size', '14,18,14', '--spacing', '3.5');
  for (let n = 1; n <= 6; n++) {
    await mkdir(at('data', `sub-${n}`), { recursive: true });
    await rename(at('made', 'imagesTr', `phantom_00${n}.nii.gz`), at('data', `sub-${n}`, 'scan.nii.gz'));
    await rename(at('made', 'labelsTr', `phantom_00${n}.nii.gz`), at('data', `sub-${n}`, 'regions.nii.gz'));
  }
  await rename(at('made', 'synthetic.json'), at('data', 'synthetic.json'));
});

describe('a layout from outside the package', () => {
  it('is recognised by the check, training and evaluation', async () => {
    const { stdout } = await run('data', 'check', at('data'));
    expect(stdout).toMatch(/^data \(subjects\): 6 cases, 6 with labels\nThe images are phantoms/);
    expect(stdout).toMatch(/label 2 back/);
    await run('train', '--data', at('data'), '--out', at('run'), ...SMALL_OPTIONS, '--split', '40,30,30');
    await writeFile(at('pairs.csv'), 'fixed,moving\nsub-1,sub-2\n');
    const list = ['--data', at('data'), '--pairs', at('pairs.csv'), '--threads', '1'];
    const { stdout: table, stderr } = await run('evaluate', ...list, '--model', at('run'));
    expect(table).toContain('| Dice, label 2 |');
    expect(stderr).toContain('Note: The images are phantoms');
    await expectRefusal(['data', 'check', at('data')], /data' lists no case/);
  });

  it('serves an experiment and its report', async () => {
    const file = await experiment('own.json', { data: at('data'), losses: ['mse'], split: [40, 30, 30] });
    await run('experiment', 'run', file, '--out', at('experiment'), '--processes', '1', '--threads', '1');
    const tables = await readFile(at('experiment', 'tables.md'), 'utf8');
    expect(tables).toContain('synthetic pairs (The images are phantoms');
    await rm(at('experiment', 'tables.md'));
    await run('experiment', 'report', at('experiment'));
    expect(await readFile(at('experiment', 'tables.md'), 'utf8')).toBe(tables);
  });

  it('whose files are not all there is refused like any other', async () => {
    await rm(at('data', 'sub-6', 'regions.nii.gz'));
    await expectRefusal(
      ['train', '--data', at('data'), '--out', at('never'), '--import', at('own.mjs')],
      /sub-6\/regions\.nii\.gz' is not there although '.*data' lists it/,
    );
  });
});
