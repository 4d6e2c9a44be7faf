import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, writeVolume } from '../../src/file/volumeFile.ts';
import { earthmorph, type Outcome, start, temporaryFolder } from '../cli/support.ts';

const at = temporaryFolder();
const SETTINGS =
  '--pad 16 --size 16 --spacing 3.5 --half-resolution --integration-steps 2 --patience 50 --pairs-per-epoch 3 --threads 1';
const settings = SETTINGS.split(' ');
const begin = (out: string, epochs = 3): readonly string[] => [
  ...['train', '--data', at('data'), '--out', out, '--epochs', String(epochs)],
  ...settings,
];
const goOn = (out: string, ...more: readonly string[]): Promise<Outcome> =>
  earthmorph(['train', '--out', out, '--resume', '--epochs', '4', ...more]);

/** What a run's records say, but for the times. */
async function metrics(run: string): Promise<object[]> {
  const lines = (await readFile(`${run}/metrics.jsonl`, 'utf8')).trim().split('\n');
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0, secondsPerStep: 0 }));
}

/** A copy of the run of three epochs, to be damaged. */
async function copied(name: string): Promise<string> {
  await cp(at('run'), at(name), { recursive: true });
  return at(name);
}

let expected: object[] = [];

beforeAll(async () => {
  expect((await earthmorph(['data', 'phantom', '--out', at('data'), '--cases', '14', '--size', '28,36,28'])).code).toBe(
    0,
  );
  expect((await earthmorph(begin(at('run')))).code).toBe(0);
  const whole = await copied('whole');
  expect((await goOn(whole)).stderr).toBe('');
  expected = await metrics(whole);
  expect(expected).toHaveLength(4);
});

describe('a damaged run', () => {
  it.each([
    ['nothing', '', /is empty/],
    ['null', 'null', /must be an object/],
    ['an empty object', '{}', /its "version" must be a text/],
    ['half of it', '{"version": "0.1.0", "data": "da', /not complete JSON/],
    ['a wrong setting', undefined, /The setting "rate" must be a number/],
    ['an unknown setting', undefined, /no setting "speed"/],
  ])('says what to do when config.json holds %s', async (name, text, sentence) => {
    const run = await copied(`config ${name}`);
    const stored = JSON.parse(await readFile(`${run}/config.json`, 'utf8'));
    const key = name === 'a wrong setting' ? 'rate' : 'speed';
    const damaged = { ...stored, config: { ...stored.config, [key]: 'fast' } };
    await writeFile(`${run}/config.json`, text ?? JSON.stringify(damaged));
    const { code, stderr, stdout } = await goOn(run);
    expect(stderr).toMatch(
      /^earthmorph: [^\n]*config\.json is damaged [^\n]*put a copy of it back, or remove [^\n]+\n$/,
    );
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each([
    ['metrics.jsonl cut in its last line', 'metrics.jsonl', (bytes: Buffer) => bytes.subarray(0, -100), ''],
    ['metrics.jsonl empty', 'metrics.jsonl', () => Buffer.alloc(0), ''],
    ['metrics.jsonl gone', 'metrics.jsonl', undefined, ''],
    [
      'the last checkpoint empty',
      'last.safetensors',
      () => Buffer.alloc(0),
      /last\.safetensors is damaged: it is empty/,
    ],
    [
      'the last checkpoint cut',
      'last.safetensors',
      (bytes: Buffer) => bytes.subarray(0, 90_000),
      /is damaged.*after epoch 2/,
    ],
    ['a bit of a weight changed', 'last.safetensors', flipped, /not those that were written.*after epoch 2/],
    ['the last checkpoint gone', 'last.safetensors', undefined, ''],
    ['the best weights damaged', 'best.safetensors', () => Buffer.alloc(3), ''],
  ])('goes on to the same numbers with %s', async (name, file, damage, said) => {
    const run = await copied(name);
    const bytes = await readFile(`${run}/${file}`);
    await (damage ? writeFile(`${run}/${file}`, damage(bytes)) : rm(`${run}/${file}`));
    const { code, stderr } = await goOn(run);
    expect(stderr.replace(/^Note: [^\n]+\n$/, 'Note')).toBe(said === '' ? '' : 'Note');
    expect(stderr).toMatch(said);
    expect(code).toBe(0);
    expect(await metrics(run)).toEqual(expected);
  });

  it('is refused when both checkpoints are damaged, and begins again as the sentence says', async () => {
    const run = await copied('both');
    await writeFile(`${run}/last.safetensors`, 'x');
    await writeFile(`${run}/previous.safetensors`, '');
    const { code, stderr } = await goOn(run);
    expect(stderr).toMatch(/^earthmorph: [^\n]+ or remove [^\n]+\*\.safetensors to start again[^\n]+\n$/);
    expect(code).toBe(2);
    for (const file of await readdir(run)) if (file.endsWith('.safetensors')) await rm(`${run}/${file}`);
    const again = await goOn(run);
    expect(again.stderr).toMatch(/^Note: [^\n]+ starts again with the first epoch\.\n$/);
    expect(again.code).toBe(0);
    expect(await metrics(run)).toEqual(expected);
  });

  it('starts where a killed process left half of its first file, and leaves nothing of it', async () => {
    await mkdir(at('half'));
    await writeFile(at('half/.config.json.99999999-0.tmp'), '{"ver');
    expect((await earthmorph(begin(at('half'), 1))).code).toBe(0);
    expect((await readdir(at('half'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('starts or goes on after it was killed as soon as there was anything of it', async () => {
    const run = at('young');
    for (let kill = 0; kill < 4; kill++) {
      const [child, outcome] = start(isRun(await entries(run)) ? ['train', '--out', run, '--resume'] : begin(run, 4));
      const before = (await entries(run)).join();
      while (child.exitCode === null && (await entries(run)).join() === before) await wait(1);
      child.kill('SIGKILL');
      await outcome;
    }
    const args = isRun(await entries(run)) ? ['train', '--out', run, '--resume'] : begin(run, 4);
    expect(await earthmorph(args)).toMatchObject({ code: 0, stderr: '' });
    expect(await metrics(run)).toEqual(expected);
  });
});

describe('a run that goes on', () => {
  it('keeps its threads, and says when it gets others', async () => {
    const own = await copied('own threads');
    expect((await goOn(own)).stderr).toBe('');
    const other = await copied('other threads');
    const { code, stderr } = await goOn(other, '--threads', '2');
    expect(stderr).toBe(
      'Note: The work so far was computed with 1 thread, the rest is with 2 threads; results may differ in their last digits.\n',
    );
    expect(code).toBe(0);
  });

  it('names a scan or segmentation that was replaced or is gone, and takes one that was put back', async () => {
    const run = await copied('replaced');
    const { split } = JSON.parse(await readFile(`${run}/config.json`, 'utf8'));
    for (const file of [`imagesTr/${split.train[1]}.nii.gz`, `labelsTr/${split.validation[0]}.nii.gz`]) {
      const kept = await readFile(at('data', file));
      const volume = await readVolume(at('data', file));
      await writeVolume(at('data', file), { ...volume, data: volume.data.with(0, 1) });
      const { code, stderr } = await goOn(run);
      await writeFile(at('data', file), kept);
      expect(stderr).toMatch(`earthmorph: The scan ${file} is no longer the one that the run in ${run} began with; `);
      expect(code).toBe(2);
    }
    expect(await goOn(run)).toMatchObject({ code: 0, stderr: '' });
    expect(await metrics(run)).toEqual(expected);
  });

  it('does not go on without the first model that it was begun with', async () => {
    const run = at('fine');
    expect((await earthmorph([...begin(run, 1), '--first', at('run')])).code).toBe(0);
    await rm(`${run}/first.onnx`);
    const { code, stderr } = await goOn(run);
    expect(stderr).toMatch(/^earthmorph: [^\n]*first\.onnx is missing[^\n]+\n$/);
    expect(code).toBe(2);
  });

  it('needs the model whose weights it was begun with until there is a checkpoint', async () => {
    const run = at('tuned');
    expect((await earthmorph([...begin(run, 3), '--weights', at('run')])).code).toBe(0);
    const [own, other] = await Promise.all([metrics(run), metrics(at('run'))]);
    const loss = ([record]: object[]): number => (record as { trainLoss: number }).trainLoss;
    expect(loss(own)).not.toBe(loss(other));
    await rm(`${run}/last.safetensors`);
    await rm(`${run}/previous.safetensors`);
    const begun = await goOn(run);
    expect(begun.code, begun.stderr).toBe(0);
    expect((await metrics(run)).slice(0, 3)).toEqual(own);
    await rm(`${run}/start.onnx`);
    expect((await goOn(run, '--epochs', '5')).code).toBe(0);
    await rm(`${run}/last.safetensors`);
    await rm(`${run}/previous.safetensors`);
    const { code, stderr } = await goOn(run);
    expect(stderr).toMatch(/earthmorph: [^\n]*start\.onnx is missing[^\n]+\n$/);
    expect(code).toBe(2);
    const unlike = await earthmorph([...begin(at('unlike')), '--integration-steps', '3', '--weights', at('run')]);
    expect(unlike.stderr).toMatch(/has another network/);
  });
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[200_000] = (changed[200_000] as number) ^ 4;
  return changed;
}

async function entries(run: string): Promise<string[]> {
  return readdir(run).catch((): string[] => []);
}

function isRun(names: readonly string[]): boolean {
  return names.includes('config.json');
}
