import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { judged } from '../../src/registration/judged.ts';
import { judgement } from '../../src/registration/judgement.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { invertWarp } from '../../src/volume/invertWarp.ts';
import { decodeItkTransform } from '../../src/volume/itkTransform.ts';
import { encodeLandmarkCsv } from '../../src/volume/landmarkCsv.ts';
import { decodeNifti, decodeWarp, encodeNifti, toLabels, toVolume } from '../../src/volume/nifti.ts';
import { type PageServer, servePage } from '../../src/workflow/pageServer.ts';
import { hasChromium, startChromium, whyNoChromium } from '../support/chromium.ts';
import { App, fileOf, niftiFile, PAGE, plainHost } from './support.ts';

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

describe.skipIf(!hasChromium)(`the application in a browser${whyNoChromium}`, () => {
  let browser: Browser;
  let server: PageServer;
  let app: App;
  const open = async (address = server.address): Promise<App> => {
    app = await App.open(browser, address);
    return app;
  };
  beforeAll(async () => {
    browser = await startChromium();
    server = await servePage({ folder: PAGE });
  });
  afterEach(async () => {
    expect(app.complaints).toEqual([]);
    const { origin } = new URL(app.page.url());
    expect(app.requests.filter((url) => !url.startsWith(origin) && !/^(data|blob):/.test(url))).toEqual([]);
    await app.page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
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
    expect(await app.page.locator('code').textContent()).toBe(
      "npx earthmorph register 'a fixed.nii.gz' 'b moving.nii'",
    );
  });

  it('uses every thread where the page is isolated, and has scripts of its own origin alone', async () => {
    await open();
    expect(await app.page.evaluate(() => [crossOriginIsolated, navigator.hardwareConcurrency > 0])).toEqual([
      true,
      true,
    ]);
    const { headers } = await fetch(server.address);
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
      [fileOf('photo.jpg', whole), /photo\.jpg is of no format/],
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
      app = await App.open(browser, own.address);
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
