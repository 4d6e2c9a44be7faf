import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel, type RegistrationModel } from '../../src/network/model.ts';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import { PRESETS } from '../../src/training/configuration.ts';
import type { EpochRecord } from '../../src/training/epochRecord.ts';
import { makeDataset } from '../../src/workflow/makeDataset.ts';
import { readModel } from '../../src/workflow/modelFile.ts';
import { trainingRun } from '../../src/workflow/trainingRun.ts';
import { earthmorph } from '../cli/support.ts';
import { hasChromium, whyNoChromium } from '../support/chromium.ts';
import { App, withPage } from './support.ts';

/** Ten steps: two pairs in each of five epochs. */
const FIELDS = { Cube: 32, Grid: 16, Epochs: 5, 'Pairs an epoch': 2, Seed: 3 } as const;
const { lossOptions: _, smoothness: __, ...coarse } = PRESETS.coarse!;
const SETTINGS = { ...coarse, loss: 'mse', pad: 32, size: 16, epochs: 5, pairsPerEpoch: 2, seed: 3 };

describe.skipIf(!hasChromium)(`training in a browser${whyNoChromium}`, () => {
  let folder = '';
  let data = '';
  const opened = withPage();
  let app: App;
  const open = async (): Promise<App> => {
    opened.app = app = await App.open(opened.browser, new URL('training.html', opened.server.address).href);
    return app;
  };
  const button = (name: string) => app.page.getByRole('button', { name, exact: true }).first();
  const pick = async (): Promise<void> => {
    const [chooser] = await Promise.all([app.page.waitForEvent('filechooser'), button('Choose a folder…').click()]);
    await chooser.setFiles(data);
    await app.page.getByText(/^\d+ files/).waitFor();
  };
  /** Chooses the settings of the ten steps, but for those that are given. */
  const fillIn = async (fields: Readonly<Record<string, number>> = {}): Promise<void> => {
    await app.page.getByText('Settings', { exact: true }).click();
    await app.page.getByRole('combobox', { name: 'Loss' }).selectOption('mse');
    for (const [name, value] of Object.entries({ ...FIELDS, ...fields }))
      await app.page.getByRole('spinbutton', { name, exact: true }).fill(String(value));
  };
  const finished = () => app.page.getByText(/epoch \d+ of \d+, finished/).waitFor();
  const metrics = async (): Promise<EpochRecord[]> =>
    new TextDecoder()
      .decode(await app.file('Metrics'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as EpochRecord);
  const numbers = (records: readonly EpochRecord[]) =>
    records.map(({ seconds: _seconds, secondsPerStep: _each, ...record }) => record);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-page-training-'));
    data = join(folder, 'scans');
    await makeDataset(data, phantoms, { cases: 12, seed: 2, size: [24, 28, 20], spacing: 2 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes ten steps as Node does, and its model is one that Node registers with', async () => {
    await open();
    await pick();
    await fillIn();
    await button('Train').click();
    await finished();
    const own = await metrics();
    const out = join(folder, 'run');
    const { records } = await trainingRun({ out, data, settings: SETTINGS, resume: false, version: 'test' });
    expect(own.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    expect(own.map((record) => Object.keys(record))).toEqual(records.map((record) => Object.keys(record)));
    for (const [n, record] of records.entries())
      for (const key of ['trainLoss', 'trainSimilarity', 'validationLoss', 'validationSimilarity', 'dice'] as const) {
        const [mine, theirs] = [own[n]![key] as number, record[key] as number];
        expect(Math.abs(mine / theirs - 1), `${key} of epoch ${n + 1}`).toBeLessThan(1e-3);
      }
    const model = join(folder, 'model.onnx');
    const bytes = await app.file('Model');
    await writeFile(model, bytes);
    const [weights, expected] = [weightsOf(decodeModel(bytes, model)), weightsOf(await readModel(out))];
    const moved = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(weights.every((value, n) => Math.abs(value - expected[n]!) < 1e-3 * moved)).toBe(true);
    const [a, b] = ['phantom_001', 'phantom_002'].map((id) => join(data, 'imagesTr', `${id}.nii.gz`)) as [
      string,
      string,
    ];
    await button('Test').click();
    const tests = app.page.getByRole('region', { name: 'Test pairs' });
    await tests.getByRole('row', { name: /scans, mse, seed 3 \(\d pairs\) 0\.\d+ → 0\.\d+/ }).waitFor();
    const registered = await earthmorph(['register', a, b, '--model', model, '--moved', join(folder, 'moved.nii.gz')]);
    expect(registered.code, registered.stderr).toBe(0);
  });

  it('goes on after a reload to the numbers of a training that nobody interrupted', async () => {
    await open();
    await pick();
    await fillIn({ Epochs: 12, 'Pairs an epoch': 1 });
    await button('Train').click();
    await finished();
    const whole = await metrics();
    await button('Remove').click();
    await app.page.getByRole('region', { name: 'Kept trainings' }).waitFor({ state: 'hidden' });
    await button('Train').click();
    await app.page.getByText(/^epoch ([1-9]|1[01]) of 12$/).waitFor();
    await app.page.reload();
    await button('Go on').click();
    await finished();
    expect(numbers(await metrics())).toEqual(numbers(whole));
  });

  it('is paused and stopped, and says in a sentence what is no data set', async () => {
    await open();
    await app.page.getByText('Run the phantom experiment').click();
    await app.page.getByText(/^Epoch 1, pair/).waitFor();
    await button('Pause').click();
    const stage = app.page.locator('.stage-name').filter({ hasText: /^Paused/ });
    await stage.waitFor();
    await button('Go on').click();
    await app.page.getByText(/^Epoch ([2-9]|1\d), pair/).waitFor();
    await button('Stop').click();
    await app.page.getByText(/epoch \d+ of 14, not finished/).waitFor();
    await button('Remove').click();
    const [chooser] = await Promise.all([app.page.waitForEvent('filechooser'), button('Choose a folder…').click()]);
    await chooser.setFiles(join(data, 'landmarksTr'));
    await app.page.getByText(/^\d+ files/).waitFor();
    await button('Train').click();
    const said = await app.says(/landmarksTr/);
    expect(said).not.toContain('went wrong');
  });
});

function weightsOf({ stages }: RegistrationModel): Float32Array {
  return stages[0]!.parameters;
}
