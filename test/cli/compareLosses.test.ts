import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { earthmorph, expectRefusal, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const name = (n: number): string => `imagesTr/phantom_${String(n).padStart(3, '0')}.nii.gz`;
const csv = (...pairs: readonly (readonly [number, number])[]): string =>
  `fixed,moving\n${pairs.map(([a, b]) => `${name(a)},${name(b)}\n`).join('')}`;

const command = (out: string): string[] => [
  'compare-losses',
  ...['--data', at('data'), '--pairs', at('test.csv'), '--tune', at('tune.csv'), '--out', out],
  ...['--loss', 'mse', '--loss', 'pswd patch=7 directions=8', '--weights', '0.3,1'],
  ...['--crop', 'none', '--pad', '28', '--size', '16', '--steps', '5', '--rate', '0.5'],
];

interface Printed {
  table: { loss: string; dice: { mean: number; n: number }; smoothness?: string; againstFirst?: number }[];
  tests: unknown[];
}

beforeAll(async () => {
  await earthmorph(['data', 'phantom', '--out', at('data'), '--cases', '6', '--size', '24,28,24']);
  await writeFile(at('test.csv'), csv([1, 2], [3, 4], [4, 1]));
  await writeFile(at('tune.csv'), csv([5, 6]));
});

describe('compare-losses', () => {
  it('chooses weights on some pairs, reports others, and goes on where it was', async () => {
    const out = at('comparison');
    expect((await earthmorph(command(out))).code).toBe(0);
    const records = (await readFile(at('comparison/refinements.jsonl'), 'utf8')).trim().split('\n');
    expect(records).toHaveLength(2 * (2 * 1 + 3));
    // As after a kill in the middle of a line.
    const kept = records.slice(0, 6).map((line) => `${line}\n`);
    await writeFile(at('comparison/refinements.jsonl'), `${kept.join('')}${(records[6] as string).slice(0, 20)}`);
    const again = await earthmorph([...command(out), '--json']);
    expect(again.code).toBe(0);
    const { table, tests } = JSON.parse(again.stdout) as Printed;
    expect(table.map(({ loss }) => loss)).toEqual(['unregistered', 'mse', 'pswd patch=7 directions=8']);
    expect(table.every(({ dice }) => dice.n === 3)).toBe(true);
    expect(table[2]?.againstFirst).toBeGreaterThan(0);
    expect(tests).toHaveLength(2);
    const after = (await readFile(at('comparison/refinements.jsonl'), 'utf8')).trim().split('\n');
    const withoutTime = (line: string): unknown => ({ ...(JSON.parse(line) as object), seconds: 0 });
    expect(after.map(withoutTime)).toEqual(records.map(withoutTime));
    for (const file of ['table.md', 'table.csv', 'results.json', 'dice.svg', 'dice.png', 'comparison.json'])
      expect((await readFile(at('comparison', file))).length, file).toBeGreaterThan(50);
  });

  it('does not mix settings in one folder', async () => {
    await earthmorph(command(at('mixed')));
    await expectRefusal([...command(at('mixed')), '--seed', '2'], /other settings/);
  });

  it('does not tune on what it reports', async () => {
    await writeFile(at('both.csv'), csv([2, 5]));
    const args = command(at('both'));
    args[args.indexOf('--tune') + 1] = at('both.csv');
    await expectRefusal(args, /phantom_002.* is in the pairs to tune on and in those to report/, at('both'));
  });

  it.each([
    ['wasser', /no loss "wasser"/],
    ['pswd patch=one', /option "patch/],
    ['pswd bin=3', /no option "bin", only patch, stride/],
    ['mse transform=grad', /no transform "grad"; choose one of none, local/],
    ['pswd patch=17', /17³ voxels do not fit/],
    ['mse', /"mse" is given twice/],
  ])('refuses the loss %s', (loss, sentence) =>
    expectRefusal([...command(at('wrong')), '--loss', loss], sentence, at('wrong')),
  );
});
