import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, writeVolume } from '../../../src/file/volumeFile.ts';
import { earthmorph, type Outcome, temporaryFolder } from '../../cli/support.ts';
import { GRID } from '../grid.ts';

const at = temporaryFolder();
const SMALL = { ...GRID, name: 'Small', losses: { MSE: 'mse' }, seeds: [1], epochs: 2, bootstrap: undefined };
const TRIAL = 'trials/mse_seed1';

const run = (out: string, ...more: readonly string[]): Promise<Outcome> =>
  earthmorph(['experiment', 'run', at('small.json'), '--out', out, '--processes', '1', '--threads', '1', ...more]);

/** A copy of the finished experiment, to be damaged. */
async function copied(name: string): Promise<string> {
  await cp(at('whole'), at(name), { recursive: true });
  return at(name);
}

/** Its table of test pairs, but for the times. */
async function table(out: string): Promise<unknown> {
  const tables = JSON.parse(await readFile(`${out}/tables.json`, 'utf8')) as Record<string, { rows: object[] }>;
  return tables['table2-test']?.rows.map((row) => ({ ...row, time: 0, step: 0 }));
}

beforeAll(async () => {
  await writeFile(at('small.json'), JSON.stringify(SMALL));
  const { code, stderr } = await run(at('whole'));
  expect(code, stderr).toBe(0);
});

describe('a damaged experiment', () => {
  it.each([
    ['experiment.json', 'null', /experiment\.json is damaged \(it must be an object\); remove it/],
    ['experiment.json', '{"version": "0.1.0"', /experiment\.json is damaged \(it is not complete JSON\); remove it/],
    ['experiment.json', '{}', /experiment\.json is damaged \(its "version" must be a text[^)]*\); remove it/],
    [
      'experiment.json',
      '{"version":"1","values":7,"caseIds":[],"data":"x"}',
      /experiment\.json is damaged .*; remove it/,
    ],
    ['origin.json', '[]', /origin\.json is damaged .*; remove it/],
    [`${TRIAL}/trial.json`, '{}', /trial\.json is damaged \(its "trial" must be an object\); remove it/],
    [`${TRIAL}/trial.json`, '', /trial\.json is damaged \(it is empty\); remove it/],
    [`${TRIAL}/test.json`, '{"absolute": [{}]}', /test\.json is damaged \(its "absolute\.0\.fixed" must be a text/],
    [`${TRIAL}/test.json`, '{}', /test\.json has no result for the stopping rule "absolute"; remove it/],
  ])('says what is wrong when %s holds %s, and the way on works', async (file, text, sentence) => {
    const out = await copied(`${file} ${text}`.replace(/\W+/g, '_'));
    await writeFile(`${out}/${file}`, text);
    const commands = [run(out)];
    if (file !== 'origin.json') commands.push(earthmorph(['experiment', 'report', out]));
    for (const { code, stderr, stdout } of await Promise.all(commands)) {
      expect(stderr).toMatch(/^earthmorph: [^\n]+\n$/);
      expect(stderr).toMatch(sentence);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    }
    await rm(`${out}/${file}`);
    const again = await run(out);
    expect(again.code, again.stderr).toBe(0);
    expect(await table(out)).toEqual(await table(at('whole')));
  });

  it('shows where it stands with half a line in the records of an epoch', async () => {
    const out = await copied('half a line');
    await rm(`${out}/${TRIAL}/trial.json`);
    const lines = await readFile(`${out}/${TRIAL}/metrics.jsonl`, 'utf8');
    await writeFile(`${out}/${TRIAL}/metrics.jsonl`, lines.slice(0, -40));
    const { code, stdout, stderr } = await earthmorph(['sweep', 'status', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('mse_seed1');
  });

  it('says how a missing model of a finished training comes back', async () => {
    const out = await copied('model');
    await rm(`${out}/${TRIAL}/model.onnx`);
    await rm(`${out}/${TRIAL}/test.json`);
    const { stderr } = await run(out);
    expect(stderr).toMatch(/model of the trial "mse_seed1" is missing or damaged .* remove .*mse_seed1, and/);
    await rm(`${out}/${TRIAL}`, { recursive: true });
    const again = await run(out);
    expect(again.code, again.stderr).toBe(0);
    expect(await table(out)).toEqual(await table(at('whole')));
  });
});

describe('an experiment that goes on', () => {
  it('names a scan that was replaced', async () => {
    const out = await copied('replaced');
    const scan = `${out}/data/imagesTr/phantom_002.nii.gz`;
    const volume = await readVolume(scan);
    await writeVolume(scan, { ...volume, data: volume.data.with(0, 1) });
    await rm(`${out}/${TRIAL}/test.json`);
    const sentence = `earthmorph: The scan imagesTr/phantom_002.nii.gz is no longer the one that the experiment in ${out} began with; put that scan back, or begin again in another folder.\n`;
    const { code, stderr } = await run(out);
    expect({ code, stderr }).toEqual({ code: 2, stderr: sentence });
  });

  it('says that trainings get other threads', async () => {
    const out = await copied('threads');
    const { code, stderr } = await run(out, '--threads', '2');
    expect(stderr).toMatch(/^Note: The work so far was computed with 1 thread, the rest is with 2 threads;/);
    expect(code).toBe(0);
  });
});
