import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { decodeModel } from '../../src/network/model.ts';
import { startOfModel } from '../../src/registration/fitting.ts';
import { judged } from '../../src/registration/judged.ts';
import { judgement } from '../../src/registration/judgement.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { REFINE_DEFAULTS } from '../../src/registration/refine.ts';
import { register } from '../../src/registration/register.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { invertWarp } from '../../src/volume/invertWarp.ts';
import { decodeItkTransform } from '../../src/volume/itkTransform.ts';
import { encodeLandmarkCsv } from '../../src/volume/landmarkCsv.ts';
import { multiply, scaling } from '../../src/volume/matrix.ts';
import { decodeNifti, decodeWarp, encodeNifti, toLabels, toVolume } from '../../src/volume/nifti.ts';
import { servePage } from '../../src/workflow/pageServer.ts';
import { shippedModel } from '../../src/workflow/shippedModels.ts';
import { hasChromium, whyNoChromium } from '../support/chromium.ts';
import { dicomSlices } from '../support/dicom.ts';
import { TESTED } from '../support/tested.ts';
import { App, fileOf, niftiFile, PAGE, plainHost, withPage } from './support.ts';

const [fixed, moving] = [0, 1].map((index) =>
  makePhantomCase({ seed: 3, index, size: [24, 28, 20], spacing: [2, 2, 2] }),
) as [ReturnType<typeof makePhantomCase>, ReturnType<typeof makePhantomCase>];
const pair = {
  fixed: fixed.image,
  moving: moving.image,
  fixedLabels: fixed.labels,
  movingLabels: moving.labels,
  landmarks: { names: fixed.landmarks.map((_, n) => `${n}`), fixed: fixed.landmarks, moving: moving.landmarks },
};
const landmarks = encodeLandmarkCsv(
  fixed.landmarks.map((point, n) => ({ name: `${n}`, first: moving.landmarks[n]!, second: point })),
);

/**
 * Difference of two arrays as a share of the range of the first, root mean square: the sums of the two runtimes differ
 * in their last bits, and every step of an optimisation adds to that.
 */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let n = 0; n < a.length; n++) {
    low = Math.min(low, a[n]!);
    high = Math.max(high, a[n]!);
    sum += (a[n]! - b[n]!) ** 2;
  }
  return Math.sqrt(sum / a.length) / (high - low);
}

/** Folders for tests, which go when they end. */
const folder = {
  all: [] as string[],
  get last(): string {
    return this.all.at(-1) as string;
  },
  async with(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'earthmorph-app-'));
    this.all.push(path);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
    return path;
  },
};

/** What a command line for `npx earthmorph` prints in a folder. */
async function inTerminal(line: string, cwd: string): Promise<string> {
  const program = `"${process.execPath}" "${join(TESTED, 'dist', 'cli.js')}"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', line.replaceAll('npx earthmorph', program)], { cwd });
  return stdout;
}

describe.skipIf(!hasChromium)(`the application in a browser${whyNoChromium}`, () => {
  const opened = withPage();
  let app: App;
  const open = async (address = opened.server.address): Promise<App> => {
    opened.app = app = await App.open(opened.browser, address);
    return app;
  };
  afterAll(async () => {
    for (const path of folder.all) await rm(path, { recursive: true, force: true });
  });

  it('registers a pair as Node does, and gives files that can be read again', async () => {
    await open();
    await app.pick(
      'Choose files',
      await niftiFile('a fixed.nii.gz', fixed.image),
      await niftiFile('b moving.nii', moving.image),
    );
    await app.registered();
    // Labels and landmarks may come later.
    await app.drop(
      fileOf('labels-a.nii.gz', await encodeNifti(fixed.labels, { gzip: true })),
      fileOf('labels-b.nii.gz', await encodeNifti(moving.labels, { gzip: true })),
      fileOf('points.csv', new TextEncoder().encode(landmarks)),
    );
    await app.page.getByText('Dice').first().waitFor();
    const registration = await new PlannedRegistrar().register(pair);
    const node = judged(registration, pair);
    expect(node.done?.levels.length).toBeGreaterThan(1);
    const { before, after } = judgement(node);
    expect(after.correlation).toBeGreaterThan(before.correlation);
    expect(await app.measure('Correlation')).toBeCloseTo(after.correlation, 2.5);
    expect(await app.measure('Dice')).toBeCloseTo(node.assessment.after.dice!, 2.5);
    expect(await app.measure('TRE')).toBeCloseTo(node.assessment.after.tre!, 1.5);
    const moved = toVolume(await decodeNifti(await app.file('Moved scan moved.nii.gz'), 'moved'));
    expect(difference(node.moved.data, moved.data)).toBeLessThan(1e-3);
    expect(moved.affine).toEqual(fixed.image.affine);
    const warp = await decodeWarp(await app.file('Warp warp.nii.gz'), 'warp');
    expect(difference(node.warp.data, warp.data)).toBeLessThan(1e-3);
    const inverse = await decodeWarp(await app.file('Inverse warp inverse-warp.nii.gz'), 'inverse');
    expect(difference(invertWarp(node.warp, moving.image, node.inverse).warp.data, inverse.data)).toBeLessThan(1e-3);
    const labels = toLabels(await decodeNifti(await app.file('Moved labels moved-labels.nii.gz'), 'labels'));
    expect(labels.data.filter((label, n) => label !== node.movedLabels!.data[n]).length).toBeLessThan(10);
    const transform = decodeItkTransform(
      new TextDecoder().decode(await app.file('Transform transform.tfm')),
      'transform',
    );
    expect(difference(node.alignment!, transform)).toBeLessThan(1e-3);
    const report = new TextDecoder().decode(await app.file('Report report.html'));
    expect(report).toContain('b moving.nii moved onto a fixed.nii.gz');
    expect(report).toContain(node.assessment.after.dice!.toFixed(2));
    expect(report).toContain('id="viewer"');
    // What the page says that a terminal would do comes to the same there.
    const command = (await app.page.locator('code').textContent()) ?? '';
    expect(command).toBe(
      "npx earthmorph register 'a fixed.nii.gz' 'b moving.nii' --fixed-labels labels-a.nii.gz --moving-labels labels-b.nii.gz --landmarks points.csv",
    );
    const terminal = await folder.with({
      'a fixed.nii.gz': await encodeNifti(fixed.image, { gzip: true }),
      'b moving.nii': await encodeNifti(moving.image),
      'labels-a.nii.gz': await encodeNifti(fixed.labels, { gzip: true }),
      'labels-b.nii.gz': await encodeNifti(moving.labels, { gzip: true }),
      'points.csv': new TextEncoder().encode(landmarks),
    });
    const done = JSON.parse(await inTerminal(`${command} --moved moved.nii.gz --json`, terminal)) as {
      treAfter: number;
    };
    expect(await app.measure('TRE')).toBeCloseTo(done.treAfter, 1.5);
    const own = toVolume(await decodeNifti(await readFile(join(terminal, 'moved.nii.gz')), 'moved'));
    expect(difference(own.data, moved.data)).toBeLessThan(1e-3);
  });

  it('is isolated, so that threads can work, and has scripts of its own origin alone', async () => {
    await open();
    expect(await app.page.evaluate(() => [crossOriginIsolated, navigator.hardwareConcurrency > 0])).toEqual([
      true,
      true,
    ]);
    const { headers } = await fetch(opened.server.address);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
    const refused = await app.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "inline"';
      document.body.append(script);
      return document.title;
    });
    expect(refused).toBe('EarthMorph');
    app.complaints.length = 0;
  });

  it('is cancelled at once, and registers again with what was changed', async () => {
    await open();
    await app.page.getByRole('button', { name: 'Try a built-in pair' }).click();
    await app.page.getByRole('button', { name: 'Cancel' }).click();
    await app.page.getByRole('region', { name: 'Progress' }).waitFor({ state: 'hidden' });
    await app.pick(
      'Replace',
      await niftiFile('fixed.nii.gz', fixed.image),
      await niftiFile('moving.nii.gz', moving.image),
    );
    await app.registered();
    await app.page.getByText('Change', { exact: true }).click();
    await app.page.getByLabel('Alignment').selectOption('none');
    await app.page.getByLabel('Levels').fill('4:5');
    await app.page.getByLabel('Levels').blur();
    await app.page.getByRole('button', { name: 'Register again' }).click();
    await app.page.getByText('a velocity field at 4 mm by NCC').waitFor();
    await app.registered();
    expect(await app.page.getByText(/^npx earthmorph register/).textContent()).toBe(
      'npx earthmorph register fixed.nii.gz moving.nii.gz --align none --levels 4:5',
    );
    expect(await app.page.getByRole('button', { name: 'Transform' }).count()).toBe(0);
  });

  it('registers by a model where it fits, refines after it, and plans where it does not', async () => {
    const bytes = await readFile(shippedModel());
    const model = decodeModel(bytes, 'model');
    const refine = { ...REFINE_DEFAULTS, loss: chooseSimilarity('ncc'), steps: 5 };
    const node = await register(pair, model, { refine, start: startOfModel(model) });
    const { after } = judgement(judged(node, pair));
    await open();
    await app.drop(await niftiFile('a.nii', fixed.image), await niftiFile('b.nii', moving.image));
    await app.page.getByText('Change', { exact: true }).click();
    await app.page.getByLabel('Model').selectOption('hippocampus');
    await app.page.getByLabel('Refine, steps').fill('5');
    await app.page.getByRole('button', { name: 'Cancel' }).click();
    await app.page.getByRole('button', { name: 'Register again' }).click();
    await app.page.getByText('one pass through the model hippocampus, then 5 steps of refinement by NCC').waitFor();
    await app.registered();
    expect(await app.measure('Correlation')).toBeCloseTo(after.correlation, 2.5);
    expect(await app.page.locator('code').textContent()).toBe(
      'npx earthmorph register a.nii b.nii --model hippocampus --refine 5',
    );
    // A model of one's own is taken wherever it is dropped.
    await app.drop(fileOf('mine.onnx', bytes));
    await app.page.getByText('one pass through the model mine.onnx').waitFor();
    await app.registered();
    await app.drop(fileOf('mine.onnx', bytes.subarray(0, 9000)));
    await app.says(/mine\.onnx/);
    await app.drop(fileOf('mine.onnx', bytes));
    const wide = (image: typeof fixed.image) => ({ ...image, affine: multiply(image.affine, scaling([4, 4, 4])) });
    await app.drop(await niftiFile('c.nii', wide(fixed.image)), await niftiFile('d.nii', wide(moving.image)));
    await app.says(/The model was trained on .*It was registered without the model/);
  });

  it('reads DICOM: a folder, or slices', async () => {
    const image = { ...fixed.image, data: fixed.image.data.map((value) => Math.round(value * 100)) };
    const slices = dicomSlices(image);
    const names = Object.fromEntries(slices.map((bytes, n) => [`IM${n}`, bytes]));
    await open();
    const [chooser] = await Promise.all([
      app.page.waitForEvent('filechooser'),
      app.page.getByRole('button', { name: 'Choose a DICOM folder' }).click(),
    ]);
    const scan = await folder.with(names);
    await chooser.setFiles(scan);
    await app.page.locator('.file-name', { hasText: basename(scan) }).waitFor();
    await app.page.getByText('24×28×20 voxels of 2 mm').waitFor();
    await app.drop(...slices.slice(0, 1).map((bytes) => fileOf('IM1', bytes.subarray(0, 900))));
    await app.says(/No scan was found in the folder dicom|cut short/);
    await app.drop(...slices.map((bytes, n) => fileOf(`${n}.dcm`, bytes)));
    await app.page.locator('.file-name', { hasText: 'dicom' }).waitFor();
    await app.registered();
    expect(await app.measure('Correlation')).toBeCloseTo(1, 2);
  });

  it('lists the series of a folder that is dropped, and reads those that are chosen', async () => {
    const image = { ...fixed.image, data: fixed.image.data.map((value) => Math.round(value * 100)) };
    const short = { ...image, size: [24, 28, 8] as const, data: image.data.slice(0, 24 * 28 * 8) };
    const slices = [
      ...dicomSlices(image, { series: 3, description: 'T1 sagittal' }),
      ...dicomSlices(short, { series: 4, description: 'Scout' }),
      ...dicomSlices(image, { series: 7, description: '<b>T2</b>' }),
    ].map((bytes, n) => fileOf(`IM${n}`, bytes));
    await open();
    await app.dropFolder('study', slices);
    const dialog = app.page.getByRole('dialog', { name: 'Series' });
    await dialog.getByText('study holds 3 series').waitFor();
    const texts = await dialog.getByLabel('Moving').locator('option').allTextContents();
    expect(texts).toEqual([
      'as it is',
      '3: "T1 sagittal" (24×28, 20 slices)',
      '4: "Scout" (24×28, 8 slices)',
      '7: "<b>T2</b>" (24×28, 20 slices)',
    ]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await app.page.getByText('Align two scans').isVisible()).toBe(true);
    await app.dropFolder('study', slices);
    await dialog.getByLabel('Moving').selectOption('7');
    await dialog.getByRole('button', { name: 'Read' }).click();
    await app.registered();
    expect(await app.page.locator('.file-name').allTextContents()).toEqual(['study#3', 'study#7']);
    expect(await app.page.locator('code').textContent()).toBe("npx earthmorph register 'study#3' 'study#7'");
    // One series takes the place of one scan.
    await app.dropFolder('study', slices);
    await dialog.getByLabel('Fixed').selectOption('');
    await dialog.getByLabel('Moving').selectOption('3');
    await dialog.getByRole('button', { name: 'Read' }).click();
    await app.page.locator('.scan-moving', { hasText: 'study#3' }).waitFor();
    await app.registered();
  });

  it('refuses a pair that needs more memory than there is, before it starts', async () => {
    await open();
    // The worker believes that the machine has 1 GB.
    await app.page.context().route('**/earthmorph-worker.js', async (route) => {
      const response = await route.fetch();
      const told = 'Object.defineProperty(WorkerNavigator.prototype, "deviceMemory", { get: () => 1 });';
      await route.fulfill({ response, body: `${told}${await response.text()}` });
    });
    await app.page.reload();
    const large = { ...fixed.image, size: [280, 280, 240] as const, data: new Float32Array(280 * 280 * 240) };
    for (let n = 0; n < large.data.length; n += 1000) large.data[n] = n % 7;
    await writeFile(join(await folder.with({}), 'large.nii.gz'), await encodeNifti(large, { gzip: true }));
    await app.page.getByRole('button', { name: 'Choose files' }).waitFor();
    const [chooser] = await Promise.all([
      app.page.waitForEvent('filechooser'),
      app.page.getByRole('button', { name: 'Choose files' }).click(),
    ]);
    await chooser.setFiles([join(folder.last, 'large.nii.gz')]);
    await app.page.getByText('280×280×240').waitFor();
    await app.drop(await niftiFile('b.nii', moving.image));
    await app.says(/The scans are too large .*registering them needs about/);
    await app.page.getByRole('button', { name: 'Clear' }).click();
    await app.drop(await niftiFile('a.nii', fixed.image), await niftiFile('b.nii', moving.image));
    await app.registered();
  });

  it('refuses what is no scan in a sentence, and goes on', async () => {
    await open();
    const whole = await encodeNifti(fixed.image);
    const huge = whole.slice();
    new DataView(huge.buffer).setInt16(42, 30_000, true);
    new DataView(huge.buffer).setInt16(44, 30_000, true);
    const four = whole.slice();
    new DataView(four.buffer).setInt16(40, 4, true);
    new DataView(four.buffer).setInt16(46, 10, true);
    new DataView(four.buffer).setInt16(48, 2, true);
    for (const [file, sentence] of [
      [fileOf('cut.nii', whole.slice(0, 5000)), /cut\.nii/],
      [fileOf('four.nii', four), /four\.nii has 4 dimensions/],
      [fileOf('huge.nii', huge), /huge\.nii/],
      [fileOf('text.nii.gz', new TextEncoder().encode('no scan')), /text\.nii\.gz/],
      [fileOf('photo.jpg', whole), /photo\.jpg has a format that cannot be read/],
      [fileOf('empty.nii', new Uint8Array()), /empty\.nii is empty/],
    ] as const) {
      await app.drop(file);
      const said = await app.says(sentence);
      expect(said).not.toContain('went wrong');
      await app.page.getByRole('button', { name: 'Close' }).click();
    }
    await app.drop(await niftiFile('a.nii', fixed.image), await niftiFile('b.nii', moving.image));
    await app.registered();
    const small = { ...fixed.labels, size: [24, 28, 10] as const, data: fixed.labels.data.slice(0, 24 * 28 * 10) };
    await app.drop(fileOf('labels.nii', await encodeNifti(small)));
    await app.says(/labels\.nii looks like labels, but has the grid of neither scan/);
    expect(await app.page.getByRole('button', { name: 'Moved scan' }).isVisible()).toBe(true);
  });

  it('shows names as they are, never as HTML', async () => {
    await open();
    const name = '<img src=x onerror="document.title=1">.nii';
    await app.drop(await niftiFile(name, fixed.image));
    await app.page.getByText(name).first().waitFor();
    await app.drop(fileOf('<b>bold</b>.nii', new Uint8Array(10)));
    await app.says(/<b>bold<\/b>\.nii/);
    expect(await app.page.title()).toBe('EarthMorph');
    expect(await app.page.locator('img[src="x"], .message b').count()).toBe(0);
  });

  it('opens with the pair that it is served with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earthmorph-view-'));
    const [a, b] = [join(folder, 'a.nii.gz'), join(folder, 'b.nii')] as const;
    await writeFile(a, await encodeNifti(fixed.image, { gzip: true }));
    await writeFile(b, await encodeNifti(moving.image));
    const own = await servePage({ folder: PAGE, pair: { fixed: a, moving: b } });
    try {
      await open(own.address);
      await app.registered();
      expect(await app.page.locator('.file-name').allTextContents()).toEqual(['a.nii.gz', 'b.nii']);
      await app.page.keyboard.press('2');
      expect(await app.page.getByRole('button', { name: 'Compare' }).getAttribute('aria-pressed')).toBe('true');
      await app.page.keyboard.press('3');
      await app.page.getByRole('img', { name: /^Fixed/ }).click();
      await app.page.getByText(/volume × \d/).waitFor();
      await app.page.keyboard.press('d');
      await app.page.getByLabel('three dimensions').first().waitFor();
    } finally {
      await own.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('works on a host that sets no headers, from any folder, with one thread, and says so', async () => {
    const host = await plainHost();
    try {
      await open(host.address);
      await app.page.getByText('WebAssembly, 1 thread').waitFor();
      await app.page.getByText(/does not isolate the page/).waitFor();
      await app.drop(await niftiFile('a.nii', fixed.image), await niftiFile('b.nii', moving.image));
      await app.registered();
    } finally {
      host.close();
    }
  });
});
