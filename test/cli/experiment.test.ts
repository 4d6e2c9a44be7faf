import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Summary, Table } from '../../src/report/page/table.ts';
import { GRID } from '../experiment/grid.ts';
import { earthmorph, expectRefusal, printed, start, temporaryFolder } from './support.ts';

const path = temporaryFolder();

async function write(name: string, values: unknown): Promise<string> {
  await writeFile(path(name), JSON.stringify(values));
  return path(name);
}

const SMALL = { ...GRID, name: 'Small', losses: { MSE: 'mse smoothness=0.3|1', NCC: 'ncc' }, seeds: [1, 2], epochs: 4 };

describe('earthmorph experiment', () => {
  it('trains, chooses, tests and reports the four losses on phantoms, and most of them register', async () => {
    const out = path('phantom');
    const { code, stdout, stderr } = await earthmorph(['experiment', 'run', 'phantom', '--out', out]);
    expect(code, stderr).toBe(0);
    for (const loss of ['unregistered', 'MSE', 'SWD', 'Radon', 'PSWD']) expect(stdout).toContain(`| ${loss}`);
    expect(stderr).toMatch(/radon_smoothness-10_seed1, epoch 2: .* of 5 trainings done, at most/);
    const tables = JSON.parse(await readFile(join(out, 'tables.json'), 'utf8')) as Record<string, Table>;
    const test = tables['table2-test'] as Table;
    expect(test.rows).toHaveLength(5);
    for (const row of test.rows) expect(row.dice).toMatchObject({ n: 10, mean: expect.any(Number) });
    const [unregistered, mse, swd, radon, pswd] = test.rows.map(({ dice }) => (dice as Summary).mean) as number[];
    // On the machine where they were chosen 61.2, then 66.1, 63.8, 60.7 and 64.9: Radon does not register here.
    expect(mse).toBeGreaterThan(unregistered! + 2);
    expect(pswd).toBeGreaterThan(unregistered! + 1.5);
    expect(swd).toBeGreaterThan(unregistered! + 0.5);
    expect(radon).toBeGreaterThan(unregistered! - 3);
    expect(tables['table5-search']?.rows).toHaveLength(2);
    // Of one rule of early stopping there is one table each.
    expect((await readdir(out)).filter((name) => name.endsWith('.csv')).sort()).toEqual([
      'table1-validation.csv',
      'table2-test.csv',
      'table3-unregistered.csv',
      'table4-trials.csv',
      'table5-search.csv',
    ]);
    const figures = ['dice-boxes', 'dice-over-epochs', 'dice-over-time', 'figure2-losses'];
    for (const figure of [...figures, 'hd95-boxes', 'loss-over-epochs', 'loss-over-time'])
      for (const type of ['svg', 'png'])
        expect((await stat(join(out, 'figures', `${figure}.${type}`))).size).toBeGreaterThan(1000);
    // A point of the grid that was not chosen never meets the test pairs.
    const tested = (await readdir(join(out, 'trials'))).filter((id) =>
      existsSync(join(out, 'trials', id, 'test.json')),
    );
    expect(tested).toHaveLength(4);
    // About two minutes of processor time, however many others want the processors.
  });

  it('goes on after Ctrl-C without doing anything twice, and reports again from its records', async () => {
    const file = await write('small.json', SMALL);
    const out = path('small');
    const [child, ended] = start(['experiment', 'run', file, '--out', out, '--processes', '1']);
    child.stderr?.on('data', (text: string) => {
      if (text.includes('is trained')) child.kill('SIGINT');
    });
    const interrupted = await ended;
    expect(interrupted.stderr).toContain('the same command continues it');
    expect(interrupted.code).toBe(130);
    const trials = join(out, 'trials');
    const done = (await readdir(trials)).filter((id) => existsSync(join(trials, id, 'trial.json')));
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(5);
    const before = await Promise.all(done.map(async (id) => (await stat(join(trials, id, 'trial.json'))).mtimeMs));

    const again = await earthmorph(['experiment', 'run', file, '--out', out, '--processes', '2']);
    expect(again.code, again.stderr).toBe(0);
    const after = await Promise.all(done.map(async (id) => (await stat(join(trials, id, 'trial.json'))).mtimeMs));
    expect(after).toEqual(before);

    const whole = await earthmorph(['experiment', 'run', file, '--out', path('whole'), '--processes', '2']);
    expect(whole.code, whole.stderr).toBe(0);
    const measured = (folder: string): Promise<string> => readFile(join(folder, 'table4-trials.csv'), 'utf8');
    expect(await measured(out)).toBe(await measured(path('whole')));

    const table = await readFile(join(out, 'tables.json'), 'utf8');
    expect((await earthmorph(['experiment', 'report', out])).code).toBe(0);
    expect(await readFile(join(out, 'tables.json'), 'utf8')).toBe(table);
  });

  it('ends with its budget of hours and says what is missing', async () => {
    const file = await write('budget.json', { ...SMALL, epochs: 5000, patience: 5000, hours: 0.003 });
    const { code, stderr } = await earthmorph(['experiment', 'run', file, '--out', path('budget')]);
    expect(stderr).toMatch(/No training in .* is finished and tested yet/);
    expect(code).toBe(2);
    expect(existsSync(path('budget', 'experiment.json'))).toBe(true);
  });

  it('refuses what is wrong before it begins', async () => {
    const out = path('refused');
    const run = async (values: unknown): Promise<string[]> => [
      'experiment',
      'run',
      await write('wrong.json', values),
      '--out',
      out,
    ];
    await expectRefusal(
      ['experiment', 'run', 'nowhere.json', '--out', out],
      /There is no experiment nowhere.json/,
      out,
    );
    await expectRefusal(await run({ ...SMALL, epoch: 3 }), /unknown key "epoch"; did you mean "epochs"/, out);
    await expectRefusal(await run({ ...SMALL, losses: ['mes'] }), /There is no loss "mes"/, out);
    await expectRefusal(await run({ ...SMALL, epochs: 'two' }), /"epochs" must be a number\.$/m, out);
    await expectRefusal(
      await run({ ...SMALL, phantomCases: 8 }),
      /8 cases are too few: the validation part gets 1/,
      out,
    );
    await expectRefusal(await run({ ...SMALL, data: path('none') }), /which does not exist/, out);
    await expectRefusal([...(await run(SMALL)), '--queue', 'redis://127.0.0.1:1'], /does not answer/, out);
    const other = await write('other.json', { ...SMALL, phantomSeed: 9 });
    await expectRefusal(
      ['experiment', 'run', other, '--out', path('small')],
      /holds the experiment "Small" with phantomSeed = 1/,
    );
    await expectRefusal(['experiment', 'report', path('none')], /holds no experiment/);
    await expectRefusal(['trial', path('small'), 'mse_seed9'], /has no trial "mse_seed9"/);
    await writeFile(path('broken.json'), '{');
    await expectRefusal(['sweep', path('broken.json'), '--out', out], /not valid JSON/);
  });
});

const EXPERIMENTS = ['paper-hippocampus', 'hippocampus-cosine', 'paper-mri-us', 'mrtrus'];

describe('the records in results/', () => {
  it.each(EXPERIMENTS)('give the tables and charts beside them again: %s', async (name) => {
    const records = fileURLToPath(new URL(`../../results/${name}`, import.meta.url));
    const copy = path(name);
    await cp(records, copy, { recursive: true });
    const tables = await readFile(join(records, 'tables.json'), 'utf8');
    await writeFile(join(copy, 'tables.json'), '');
    for (const file of await readdir(join(copy, 'figures')))
      if (/boxes|over-/.test(file)) await rm(join(copy, 'figures', file));
    const { code, stderr } = await earthmorph(['experiment', 'report', copy]);
    expect(code, stderr).toBe(0);
    expect(await readFile(join(copy, 'tables.json'), 'utf8')).toBe(tables);
    expect(await readFile(join(copy, 'tables.md'), 'utf8')).toBe(await readFile(join(records, 'tables.md'), 'utf8'));
    const figures = (await readdir(join(records, 'figures'))).filter((file) => /(boxes|over-\w+)\.svg$/.test(file));
    expect(figures.length).toBeGreaterThan(4);
    for (const file of figures)
      expect(await readFile(join(copy, 'figures', file), 'utf8'), file).toBe(
        await readFile(join(records, 'figures', file), 'utf8'),
      );
  });
});

describe('earthmorph sweep', () => {
  it('ranks all points with all seeds, tests nothing, and knows where everything stands', async () => {
    const file = await write('sweep.json', { ...SMALL, seeds: [1], data: 'phantom' });
    const out = path('sweep');
    const { table } = await printedResult<{ table: Table }>(['sweep', file, '--out', out]);
    expect(table.rows.map(({ trials }) => trials)).toEqual(['1 of 1', '1 of 1', '1 of 1']);
    expect(existsSync(join(out, 'sweep.csv'))).toBe(true);
    for (const id of await readdir(join(out, 'trials')))
      expect(existsSync(join(out, 'trials', id, 'test.json'))).toBe(false);
    const { counts } = await printed<{ counts: Record<string, number> }>(['sweep', 'status', out]);
    expect(counts).toEqual({ finished: 3 });
  });

  it('writes an array job for what is not done, whose tasks work', async () => {
    const file = await write('array.json', { ...SMALL, losses: ['mse'], seeds: [1], epochs: 1 });
    const out = path('array');
    const job = path('job.sh');
    expect((await earthmorph(['sweep', file, '--out', out, '--slurm', job])).code).toBe(0);
    expect(await readFile(job, 'utf8')).toContain('#SBATCH --array=0-0%');
    const { code, stdout } = await earthmorph(['trial', out, 'mse_seed1', '--threads', '1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/epoch 1: .*\nmse_seed1: finished/);
    await expectRefusal(
      ['sweep', file, '--out', out, '--slurm', path('none.sh')],
      /nothing to submit/,
      path('none.sh'),
    );
  });
});

/** Runs the built program, whose progress goes to standard error; what it printed as JSON. */
async function printedResult<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await earthmorph([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
