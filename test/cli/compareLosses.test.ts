import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, writeVolume } from '../../src/file/volumeFile.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const name = (n: number): string => `imagesTr/phantom_${String(n).padStart(3, '0')}.nii.gz`;
const tagOf = (n: number): string => at('set', `Case${n}`, 'Landmarks', `Case${n}-MRI-beforeUS.tag`);
const csv = (...pairs: readonly (readonly [number, number])[]): string =>
  `fixed,moving\n${pairs.map(([a, b]) => `${name(a)},${name(b)}\n`).join('')}`;

const command = (out: string): string[] => [
  'compare-losses',
  ...['--data', at('data'), '--pairs', at('test.csv'), '--tune', at('tune.csv'), '--out', out],
  ...['--loss', 'mse', '--loss', 'pswd patch=7 directions=8', '--weights', '0.3,1'],
  ...['--crop', 'none', '--pad', '28', '--size', '16', '--steps', '5', '--rate', '0.5'],
];

interface Printed {
  table: { loss: string; dice: { mean: number; n: number }; smoothness?: string; difference?: string }[];
  changes: { loss: string; diceChange: string }[];
  tests: Record<string, string>[];
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
    const { table, changes, tests } = JSON.parse(again.stdout) as Printed;
    expect(table.map(({ loss }) => loss)).toEqual(['unregistered', 'mse', 'pswd patch=7 directions=8']);
    expect(table.every(({ dice }) => dice.n === 3)).toBe(true);
    // Four cases are too few to draw from: no interval, and no p of it.
    expect(table.map(({ difference }) => difference)).toEqual(['', '', expect.stringMatching(/^[+−]\d+\.\d\d$/)]);
    expect(changes.map(({ diceChange }) => diceChange)).toEqual([1, 2].map(() => expect.stringMatching(/^[+−]\d/)));
    expect(tests[1]?.against0).toMatch(/^[+−] 0\.\d{3} \(0\.\d{3}\)$/);
    expect(tests[0]?.against1?.slice(1)).toBe(tests[1]?.against0?.slice(1));
    const after = (await readFile(at('comparison/refinements.jsonl'), 'utf8')).trim().split('\n');
    const withoutTime = (line: string): unknown => ({ ...(JSON.parse(line) as object), seconds: 0 });
    expect(after.map(withoutTime)).toEqual(records.map(withoutTime));
    for (const file of ['table.md', 'table.csv', 'results.json', 'dice.svg', 'dice.png', 'comparison.json'])
      expect((await readFile(at('comparison', file))).length, file).toBeGreaterThan(50);
  });

  it('goes on with settings that were written before some of them existed', async () => {
    const out = at('older');
    await earthmorph(command(out));
    const { mask: _, preprocessing, ...settings } = JSON.parse(await readFile(at('older/comparison.json'), 'utf8'));
    const { foreground: __, ...older } = preprocessing;
    await writeFile(at('older/comparison.json'), JSON.stringify({ preprocessing: older, ...settings }));
    expect((await earthmorph(command(out))).code).toBe(0);
    await writeFile(at('older/comparison.json'), '{');
    await expectRefusal(command(out), /comparison\.json is damaged \(it is not complete JSON\); remove it/);
    await rm(at('older/comparison.json'));
    expect((await earthmorph(command(out))).code).toBe(0);
  });

  it('goes on with records that lack the measures of later versions, and shows those that they have', async () => {
    const out = at('earlier');
    await cp(at('comparison'), out, { recursive: true });
    const lines = (await readFile(`${out}/refinements.jsonl`, 'utf8')).trim().split('\n');
    const earlier = lines.map((line) => {
      const { msd: _, nsd: __, bendingEnergy: ___, scans: ____, ...kept } = JSON.parse(line) as Record<string, unknown>;
      return `${JSON.stringify({ ...kept, tre: null })}\n`;
    });
    await writeFile(`${out}/refinements.jsonl`, earlier.join(''));
    expect((await earthmorph(command(out))).code).toBe(0);
    expect(await readFile(`${out}/refinements.jsonl`, 'utf8')).toBe(earlier.join(''));
    const markdown = await readFile(`${out}/table.md`, 'utf8');
    expect(markdown).toMatch(/\| HD95 \(mm\) \| Dice \(%\) \| folded \(%\) \|/);
    expect(markdown).not.toMatch(/MSD|NSD|TRE|bending/);
  });

  it.each(['{}', 'null', '{"method":"mse","smoothness":"1"}', '{"method":'])(
    'says what to do about the line %s in its records',
    async (line) => {
      const out = at(`garbled ${line.replace(/\W+/g, '_')}`);
      await cp(at('comparison'), out, { recursive: true });
      const records = await readFile(`${out}/refinements.jsonl`, 'utf8');
      await writeFile(`${out}/refinements.jsonl`, `${line}\n${records}`);
      await expectRefusal(
        command(out),
        /refinements\.jsonl is damaged .*; move it away, and the same command makes it again/,
      );
      await rm(`${out}/refinements.jsonl`);
      expect((await earthmorph(command(out))).code).toBe(0);
    },
  );

  it('names a scan that was replaced, and says when it goes on with other threads', async () => {
    const out = at('replaced');
    await cp(at('comparison'), out, { recursive: true });
    const kept = await readFile(at('data', name(3)));
    const volume = await readVolume(at('data', name(3)));
    await writeVolume(at('data', name(3)), { ...volume, data: volume.data.with(0, 1) });
    await expectRefusal(
      command(out),
      /The scan imagesTr\/phantom_003\.nii\.gz is no longer the one that the comparison in/,
    );
    await writeFile(at('data', name(3)), kept);
    const { code, stderr } = await earthmorph([...command(out), '--threads', '1']);
    expect(stderr).toMatch(/^Note: The work so far was computed with .*, the rest is with 1 thread;/);
    expect(code).toBe(0);
  });

  it('judges the two images of a case by their landmarks, inside the field of view', async () => {
    const coarse = ['--size', '40,40,36', '--spacing', '3'];
    await earthmorph(['data', 'simulate-us', '--out', at('set'), '--cases', '4', ...coarse]);
    const own = (...cases: readonly number[]): string =>
      `fixed,moving\n${cases.map((n) => `Case${n},Case${n}\n`).join('')}`;
    await writeFile(at('cases.csv'), own(1, 2, 3));
    await writeFile(at('others.csv'), own(4));
    const args = [
      'compare-losses',
      ...['--data', at('set'), '--pairs', at('cases.csv'), '--tune', at('others.csv'), '--out', at('modalities')],
      ...['--loss', 'nmi', '--loss', 'mse', '--weights', '0.5,1'],
      ...['--size', '24', '--steps', '10', '--json'],
    ];
    const { code, stdout, stderr } = await earthmorph(args);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('the ultrasound is simulated');
    const { table } = JSON.parse(stdout) as { table: { loss: string; tre: { mean: number; n: number } }[] };
    const { before } = await printed<{ before: { mean: number } }>(['tre', '--landmarks', ...[1, 2, 3].map(tagOf)]);
    expect(table[0]).toMatchObject({ loss: 'unregistered', tre: { mean: expect.closeTo(before.mean, 3), n: 3 } });
    const { preprocessing } = JSON.parse(await readFile(at('modalities/comparison.json'), 'utf8'));
    expect(preprocessing).toMatchObject({ size: 24, pad: 24, spacing: 4.75 });
    for (const { tre } of table.slice(1)) {
      expect(tre.n).toBe(3);
      expect(tre.mean).not.toBeCloseTo(before.mean, 3);
    }
    const markdown = await readFile(at('modalities/table.md'), 'utf8');
    expect(markdown).toMatch(/3 simulated pairs/);
    expect(markdown).toMatch(/TRE \(mm\)/);
    expect(markdown).not.toMatch(/Dice|HD95/);
    expect(markdown).toMatch(/bending energy \(1\/mm²\)/);
    expect(table.slice(1)).toEqual([1, 2].map(() => expect.objectContaining({ robustness: expect.anything() })));
    expect(await readFile(at('modalities/tre.svg'), 'utf8')).toContain('TRE (mm)');
    const results = JSON.parse(await readFile(at('modalities/results.json'), 'utf8'));
    for (const { smoothness, tuning } of results.results) {
      const [low, high] = tuning as { smoothness: number; score: number }[];
      expect(smoothness).toBe((low!.score <= high!.score ? low! : high!).smoothness);
    }
    await writeFile(at('crossed.csv'), 'fixed,moving\nCase1,Case2\n');
    const crossed = await earthmorph(args.map((word) => (word === at('cases.csv') ? at('crossed.csv') : word)));
    expect(crossed).toMatchObject({ code: 2, stderr: expect.stringMatching(/Case1 and Case2 have two images each/) });
    await rm(tagOf(4));
    args[args.indexOf('--out') + 1] = at('unmarked');
    const refused = await earthmorph(args);
    expect(refused.stderr).toMatch(/^earthmorph: Case4 onto Case4 cannot be compared with the others: [^\n]+\n$/);
    expect({ code: refused.code, written: existsSync(at('unmarked')) }).toEqual({ code: 2, written: false });
  });

  it('does not mix settings in one folder', async () => {
    await earthmorph(command(at('mixed')));
    await expectRefusal([...command(at('mixed')), '--seed', '2'], /other settings/);
  });

  it('does not tune on what it reports', async () => {
    await writeFile(at('both.csv'), csv([2, 5]));
    const args = command(at('both'));
    args[args.indexOf('--tune') + 1] = at('both.csv');
    await expectRefusal(args, /phantom_002.* is in both lists, --pairs and --tune/, at('both'));
  });

  it.each([
    ['wasser', /no loss "wasser"/],
    ['pswd patch=one', /option "patch/],
    ['pswd bin=3', /no option "bin", only patch, stride/],
    ['mse filter=grad', /no filter "grad"; choose one of none, local/],
    ['pswd patch=17', /17³ voxels do not fit/],
    ['mse', /"mse" is given twice/],
  ])('refuses the loss %s', (loss, sentence) =>
    expectRefusal([...command(at('wrong')), '--loss', loss], sentence, at('wrong')),
  );
});
