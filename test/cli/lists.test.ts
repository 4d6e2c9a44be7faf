import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import Papa from 'papaparse';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, writeLabels, writeVolume } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { randomModel } from '../support/phantomModel.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();

/** Subjects in folders of their own, as BIDS has them; the images of a subject have one name in all. */
beforeAll(async () => {
  for (const [index, path] of [
    'sub-01/anat/t1.nii.gz',
    'sub-01/anat/t2.nii',
    'sub-02/anat/t1.nii.gz',
    'sub-02/anat/t2.nii',
  ].entries()) {
    const { image, labels } = makePhantomCase({ seed: 2, index, size: [16, 18, 16] });
    await writeVolume(at('bids', path), image);
    await writeLabels(at('bids/derivatives', path), labels);
  }
  await writeFile(at('bids/dataset_description.json'), '{"Name":"subjects"}');
  await mkdir(at('run'));
  await writeFile(at('run/model.onnx'), encodeModel(randomModel()));
});

interface Result {
  readonly name: string;
  readonly fixed: string;
  readonly moving: string;
  readonly diceAfter: number | null;
}

async function register(
  list: string,
  out: string,
): Promise<{ results: Result[]; files: string[]; rows: Record<string, string>[] }> {
  await writeFile(at(`${out}.csv`), list);
  const results = await printed<Result[]>([
    'register',
    '--model',
    at('run'),
    '--pairs',
    at(`${out}.csv`),
    '--data',
    at('bids'),
    '--out',
    at(out),
  ]);
  const { data } = Papa.parse<Record<string, string>>((await readFile(at(out, 'results.csv'), 'utf8')).trim(), {
    header: true,
  });
  return { results, files: (await readdir(at(out))).sort(), rows: data };
}

describe('register --pairs', () => {
  it('keeps the results of images of one name apart', async () => {
    const { results, files, rows } = await register(
      `fixed,moving\nsub-01/anat/t1.nii.gz,sub-01/anat/t2.nii\n./sub-02//anat/t1.nii.gz,${at('bids/sub-02/anat/t2.nii')}\n`,
      'subjects',
    );
    expect(results.map(({ fixed, moving }) => [fixed, moving])).toEqual([
      ['sub-01/anat/t1', 'sub-01/anat/t2'],
      ['sub-02/anat/t1', 'sub-02/anat/t2'],
    ]);
    expect(files).toEqual([
      ...['sub-01-anat-t1_sub-01-anat-t2', 'sub-02-anat-t1_sub-02-anat-t2'].map((name) => `moved_${name}.nii.gz`),
      'results.csv',
      'results.json',
      ...results.map(({ name }) => `warp_${name}.nii.gz`),
    ]);
    expect(rows.map(({ pair, fixed }) => [pair, fixed])).toEqual(results.map(({ name, fixed }) => [name, fixed]));
    const second = await readVolume(at('subjects/moved_sub-02-anat-t1_sub-02-anat-t2.nii.gz'));
    const first = await readVolume(at('subjects/moved_sub-01-anat-t1_sub-01-anat-t2.nii.gz'));
    expect(second.data).not.toEqual(first.data);
  });

  it('keeps names apart that only a joint or the case of a letter tells', async () => {
    const names = ['a_b.nii.gz', 'c.nii.gz', 'a.nii.gz', 'b_c.nii.gz', 'A.nii.gz', 'B_C.nii.gz', 'odd: [x] 50%.nii.gz'];
    for (const name of names) await copyFile(at('bids/sub-01/anat/t1.nii.gz'), at('bids', name));
    const { results, files, rows } = await register(
      `fixed,moving\n${names[0]},${names[1]}\n${names[2]},${names[3]}\n${names[4]},${names[5]}\n${names[6]},${names[1]}\n`,
      'joints',
    );
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(2 * 4 + 2);
    expect(results.map(({ name }) => name)).toEqual(['a_b_c', 'a_b_c-2', 'A_B_C-3', 'odd- [x] 50%_c']);
    expect(rows.map(({ pair }) => pair)).toEqual(results.map(({ name }) => name));
  });

  it('measures with the labels that the list names', async () => {
    const { results } = await register(
      'fixed,moving,fixed_labels,moving_labels\nsub-01/anat/t1.nii.gz,sub-02/anat/t2.nii,derivatives/sub-01/anat/t1.nii.gz,derivatives/sub-02/anat/t2.nii\n',
      'labelled',
    );
    expect(results[0]?.diceAfter).toBeGreaterThan(0);
  });

  it.each([
    [
      'the same pair twice',
      'fixed,moving\nsub-01/anat/t1.nii.gz,sub-01/anat/t2.nii\nsub-01/./anat/t1.nii.gz,sub-01/anat/t2.nii\n',
      /twice, as pairs 1 and 2/,
    ],
    [
      'a file that is not there',
      'fixed,moving\nsub-01/anat/t1.nii.gz,sub-03/anat/t1.nii\n',
      /sub-03\/anat\/t1.nii', which is not there/,
    ],
    ['a folder', 'fixed,moving\nsub-01/anat,sub-02/anat\n', /does not have the name of a volume/],
    ['no text', 'fixed,moving\n\0\0', /is not UTF-8 text/],
  ])('refuses %s', async (_, list, sentence) => {
    await writeFile(at('wrong.csv'), list);
    await expectRefusal(
      ['register', '--model', at('run'), '--pairs', at('wrong.csv'), '--data', at('bids'), '--out', at('none')],
      sentence,
      at('none'),
    );
  });

  describe('in several processes', () => {
    const list = async (name: string, ...rows: readonly string[]): Promise<readonly string[]> => {
      await writeFile(at(name), ['fixed,moving', ...rows, ''].join('\n'));
      return ['--pairs', at(name), '--data', at('bids'), '--threads', '1'];
    };
    const scans = ['sub-01/anat/t1.nii.gz', 'sub-01/anat/t2.nii', 'sub-02/anat/t1.nii.gz', 'sub-02/anat/t2.nii'];
    const rows = scans.flatMap((fixed) => scans.filter((moving) => moving !== fixed).map((moving) => [fixed, moving]));

    it('gives the results of one, in the order of the list', async () => {
      const args = await list('several.csv', ...rows.slice(0, 5).map((row) => row.join()));
      const run = (processes: string, out: string): Promise<Result[]> =>
        printed<Result[]>([
          'register',
          '--align',
          'none',
          '--effort',
          'fast',
          ...args,
          '--processes',
          processes,
          '--out',
          at(out),
        ]);
      const [one, three] = [await run('1', 'in-one'), await run('3', 'in-three')];
      expect(three.map(({ name }) => name)).toEqual(one.map(({ name }) => name));
      const timeless = (results: Result[]): unknown => results.map((result) => ({ ...result, seconds: 0 }));
      expect(timeless(three)).toEqual(timeless(one));
      const files = (await readdir(at('in-one'))).filter((name) => name.endsWith('.nii.gz'));
      expect((await readdir(at('in-three'))).filter((name) => name.endsWith('.nii.gz'))).toEqual(files);
      expect(files).toHaveLength(10);
      for (const name of files)
        expect((await readFile(at('in-three', name))).equals(await readFile(at('in-one', name))), name).toBe(true);
    });

    it('ends with the sentence of a pair that fails', async () => {
      const image = await readVolume(at('bids', scans[0]!));
      await writeVolume(at('bids/even.nii'), { ...image, data: image.data.map(() => 1) });
      const args = await list(
        'failing.csv',
        `${scans[0]},${scans[1]}`,
        `${scans[2]},even.nii`,
        `${scans[3]},${scans[0]}`,
      );
      const sentence = /Pair 2, even onto sub-02\/anat\/t1: .*same value everywhere/;
      await expectRefusal(['evaluate', ...args, '--effort', 'fast', '--processes', '2'], sentence);
    });

    it('says how a process ended that was killed', async () => {
      await writeFile(
        at('dying.mjs'),
        "if (process.env.EARTHMORPH_PAIRS_FOR_PARENT) process.kill(process.pid, 'SIGKILL');\n",
      );
      const args = await list('dying.csv', ...rows.slice(0, 3).map((row) => row.join()));
      await expectRefusal(
        ['evaluate', ...args, '--import', at('dying.mjs'), '--processes', '2'],
        /The process of pair [12] ended with SIGKILL, .* fewer --processes/,
      );
    });

    it('is for lists alone', async () => {
      await expectRefusal(
        ['register', at('bids', scans[0]!), at('bids', scans[1]!), '--processes', '2', '--out', at('alone')],
        /--processes belongs to a list of pairs/,
        at('alone'),
      );
    });
  });

  it('refuses a scan in place of a list, and a million pairs', async () => {
    await writeFile(
      at('million.csv'),
      `fixed,moving\n${'sub-01/anat/t1.nii.gz,sub-01/anat/t2.nii\n'.repeat(1_000_000)}`,
    );
    for (const [list, sentence] of [
      [at('bids/sub-01/anat/t1.nii.gz'), /not UTF-8 text/],
      [at('million.csv'), /lists 1000000 pairs/],
    ] as const)
      await expectRefusal(['evaluate', '--pairs', list, '--data', at('bids')], sentence);
  });
});

describe('compare-losses', () => {
  it('takes images of one name for different ones, and a replaced scan for another', async () => {
    const csv = async (name: string, subject: string): Promise<string> => {
      await writeFile(
        at(name),
        `fixed,moving,fixed_labels,moving_labels\n${['t1.nii.gz', 't2.nii'].map((file) => `${subject}/anat/${file}`)},${['t1.nii.gz', 't2.nii'].map((file) => `derivatives/${subject}/anat/${file}`)}\n`,
      );
      return at(name);
    };
    const [one, two] = [await csv('one.csv', 'sub-01'), await csv('two.csv', 'sub-02')];
    const commandFor = (pairs: string, tune: string): string[] => [
      ...['compare-losses', '--data', at('bids'), '--pairs', pairs, '--tune', tune, '--out', at('comparison')],
      ...['--loss', 'mse', '--weights', '1', '--crop', 'none', '--pad', '20', '--size', '16', '--steps', '2'],
    ];
    const compare = async (pairs: string, tune: string): Promise<number> => {
      const { code, stdout, stderr } = await earthmorph([...commandFor(pairs, tune), '--json']);
      expect(code, stderr).toBe(0);
      return (JSON.parse(stdout) as { table: { dice: { mean: number } }[] }).table[1]?.dice.mean as number;
    };
    const records = async (): Promise<number> =>
      (await readFile(at('comparison/refinements.jsonl'), 'utf8')).trim().split('\n').length;
    const first = await compare(one, two);
    expect(await compare(one, two)).toBe(first);
    expect(await records()).toBe(1);
    const second = await compare(two, one);
    expect(second).not.toBe(first);
    expect(await records()).toBe(2);
    await copyFile(at('bids/sub-02/anat/t1.nii.gz'), at('bids/sub-01/anat/t1.nii.gz'));
    await expectRefusal(commandFor(one, two), /The scan sub-01\/anat\/t1\.nii\.gz is no longer the one/);
    expect(await records()).toBe(2);
  });
});
