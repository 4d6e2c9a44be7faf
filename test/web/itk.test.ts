import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, readImageNode, writeImageNode } from '@itk-wasm/image-io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { decodeNifti, encodeNifti, toVolume } from '../../src/volume/nifti.ts';
import { hasChromium, whyNoChromium } from '../support/chromium.ts';
import { App, fileOf, niftiFile, withPage } from './support.ts';

const [fixed, moving] = [0, 1].map(
  (index) => makePhantomCase({ seed: 3, index, size: [24, 28, 20], spacing: [2, 2, 2] }).image,
);

describe.skipIf(!hasChromium)(`the formats that ITK reads, in a browser${whyNoChromium}`, () => {
  const opened = withPage();
  let folder = '';
  let image: Image;
  let app: App;
  const open = async (): Promise<void> => {
    opened.app = app = await App.open(opened.browser, opened.server.address);
    await app.page.getByText('Align two scans').waitFor();
  };
  const written = async (format: string): Promise<Buffer> => {
    const path = join(folder, `a.${format}`);
    await writeImageNode(image, path);
    return readFile(path);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-itk-page-'));
    await writeFile(join(folder, 'a.nii'), await encodeNifti(fixed!));
    image = await readImageNode(join(folder, 'a.nii'));
    image.metadata = new Map();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['gipl.gz', 'mrc', 'vtk', 'hdf5'])(
    '.%s is read, registered and given back; half of a file is refused',
    async (format) => {
      await open();
      expect(app.requests.filter((url) => url.includes('itk'))).toEqual([]);
      const bytes = await written(format);
      await app.drop(fileOf(`cut.${format}`, bytes.subarray(0, bytes.length / 2)));
      expect(await app.says(/cut\./)).not.toContain('went wrong');
      await app.drop(fileOf(`a.${format}`, bytes), await niftiFile('b.nii', moving!));
      await app.registered();
      expect(await app.page.locator('.file-name').allTextContents()).toEqual([`a.${format}`, 'b.nii']);
      expect(await app.page.locator('.scan-fixed').textContent()).toContain('24×28×20 voxels of 2 mm');
      const moved = toVolume(await decodeNifti(await app.file('Moved scan moved.nii.gz'), 'moved'));
      expect(moved.size).toEqual(fixed!.size);
    },
  );

  it.each([
    [
      'takes too much memory',
      '() => ({ fs_writeFile() { new WebAssembly.Memory({ initial: 1 }).grow(20000); for (;;); } })',
      false,
    ],
    ['does not end', '() => ({ fs_writeFile() { for (;;); } })', true],
    ['cannot be loaded', undefined, false],
  ])('a reader that %s leaves the page usable', async (_, code, isLong) => {
    await open();
    if (isLong) await app.page.clock.install();
    await app.page
      .context()
      .route('**/gipl-read-image.js', (route) =>
        code ? route.fulfill({ contentType: 'text/javascript', body: `export default ${code};` }) : route.abort(),
      );
    await app.drop(fileOf('a.gipl', await written('gipl')));
    await app.page.getByText('Working on a.gipl').waitFor();
    if (isLong) await app.page.clock.runFor(70_000);
    await app.says(code ? /a\.gipl is damaged or has the wrong extension/ : /went wrong/);
    await app.page.getByRole('button', { name: 'Close' }).click();
    await app.drop(await niftiFile('a.nii', fixed!));
    await app.page.getByText('24×28×20 voxels of 2 mm').waitFor();
    app.complaints.length = 0;
  });
});
