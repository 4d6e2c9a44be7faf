import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differenceMap, warmMap } from '../../../../src/report/draw/colourMap.ts';
import { LABEL_COLOURS, OKABE_ITO } from '../../../../src/report/draw/theme.ts';
import { pairReport } from '../../../../src/report/page/htmlReport.ts';
import type { ViewerInput } from '../../../../src/report/page/viewer.ts';
import type { ViewerData } from '../../../../src/report/page/viewerData.ts';
import { hasChromium, startChromium, whyNoChromium } from '../../../support/chromium.ts';
import { ball, halves } from '../../phantom.ts';

const PLANES = { Axial: [0, 1, 2], Coronal: [0, 2, 1], Sagittal: [1, 2, 0] } as const;
type Plane = keyof typeof PLANES;

const pair: ViewerInput = {
  fixed: ball([0, 0, 0], 7),
  moving: ball([3, 2, 0], 6),
  moved: ball([0.5, 0, 0], 7),
  fixedLabels: halves([0, 0, 0], 7),
  movedLabels: halves([0.5, 0, 0], 7),
  landmarks: { fixed: [[3, 4, 0]], moving: [[6, 6, 0]], moved: [[3.5, 4, 0]] },
};

/** A report's viewer in a browser, with what its page holds. */
class Viewer {
  readonly errors: string[] = [];
  readonly requests: string[] = [];
  data = {} as ViewerData;

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
    page.on('request', (request) => this.requests.push(request.url()));
  }

  static async open(page: Page, file: string, input: ViewerInput): Promise<Viewer> {
    const metrics = { columns: [{ key: 'name', heading: 'Name' }], rows: [{ name: 'pair' }] };
    await writeFile(file, pairReport({ title: 'Pair', figure: '', metrics, viewer: input, provenance: {} }));
    const viewer = new Viewer(page);
    await page.goto(pathToFileURL(file).href);
    viewer.data = JSON.parse((await page.locator('#viewer-data').textContent()) as string) as ViewerData;
    await viewer.drawn();
    return viewer;
  }

  /** Waits until what was asked for is drawn, which a frame does. */
  drawn(): Promise<void> {
    return this.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
    );
  }

  /** The display voxel at which the slices are, as the page says it. */
  async position(): Promise<[number, number, number]> {
    const [axial, coronal, sagittal] = await this.page.locator('.plane output').allTextContents();
    return [sagittal, coronal, axial].map((text) => Number.parseInt(text as string, 10) - 1) as [
      number,
      number,
      number,
    ];
  }

  /** A voxel of an image, one byte. */
  byte(image: 'fixed' | 'moving' | 'moved', [x, y, z]: readonly [number, number, number]): number {
    const [nx, ny] = this.data.size;
    return Buffer.from(this.data.images[image], 'base64')[x + nx * (y + ny * z)] as number;
  }

  canvas(plane: Plane) {
    return this.page.locator(`canvas[aria-label="${plane} slice"]`);
  }

  slider(plane: Plane) {
    return this.page.locator(`input[aria-label="${plane} slice"]`);
  }

  /** The colour in the middle of the voxel at which a plane's slice is, where the crosshair leaves a gap. */
  async colour(plane: Plane): Promise<number[]> {
    await this.drawn();
    const position = await this.position();
    const [across, down] = PLANES[plane];
    const part = [across, down].map((axis) => (position[axis] + 0.5) / this.data.size[axis]);
    return this.canvas(plane).evaluate((element, [u, v]) => {
      const canvas = element as HTMLCanvasElement;
      const [x, y] = [Math.round((u as number) * canvas.width), Math.round((v as number) * canvas.height)];
      return [...(canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(x, y, 1, 1).data.slice(0, 3)];
    }, part);
  }

  /** How many pixels of a plane have a colour. */
  async count(plane: Plane, colour: string): Promise<number> {
    await this.drawn();
    const rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    return this.canvas(plane).evaluate((element, wanted) => {
      const { width, height } = element as HTMLCanvasElement;
      const context = (element as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, width, height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (wanted.every((channel, index) => Math.abs((data[at + index] as number) - channel) < 3)) count++;
      return count;
    }, rgb);
  }

  /** Clicks on the middle of a voxel of a plane. */
  async click(plane: Plane, column: number, row: number): Promise<void> {
    const box = (await this.canvas(plane).boundingBox()) as { width: number; height: number };
    const [across, down] = PLANES[plane];
    const position = {
      x: ((column + 0.5) / this.data.size[across]) * box.width,
      y: ((row + 0.5) / this.data.size[down]) * box.height,
    };
    await this.canvas(plane).click({ position });
    await this.drawn();
  }

  async mix(end: 'Home' | 'End'): Promise<void> {
    await this.page.locator('#viewer-mix').press(end);
  }

  async hideMarks(): Promise<void> {
    for (const box of await this.page.locator('.legend input[type=checkbox]').all()) await box.uncheck();
  }

  choose(name: string): Promise<void> {
    return this.page.getByLabel(name, { exact: true }).check();
  }
}

/** Up to 1.6 of 255, by which pictures that are scaled up differ. */
const near = (colour: readonly number[]): unknown[] => colour.map((channel) => expect.closeTo(channel, -0.5));
const grey = (value: number): unknown[] => near([value, value, value]);

describe.skipIf(!hasChromium)(`the viewer in a browser${whyNoChromium}`, () => {
  let browser: Browser;
  let page: Page;
  let folder = '';
  let opened: Viewer;
  const open = async (input: ViewerInput): Promise<Viewer> => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    opened = await Viewer.open(page, join(folder, 'report.html'), input);
    return opened;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-viewer-'));
    browser = await startChromium();
  });
  afterEach(async () => {
    expect(opened.errors).toEqual([]);
    expect(opened.requests).toEqual([pathToFileURL(join(folder, 'report.html')).href]);
    await page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('begins at the landmark, and each plane shows the voxel there', async () => {
    const viewer = await open(pair);
    expect(await viewer.position()).toEqual(viewer.data.start);
    await viewer.hideMarks();
    await viewer.mix('Home');
    for (const plane of ['Axial', 'Coronal', 'Sagittal'] as const)
      expect(await viewer.colour(plane), plane).toEqual(grey(viewer.byte('fixed', viewer.data.start)));
  });

  it('sliders, clicks, drags and the wheel move through the volume', async () => {
    const viewer = await open(pair);
    const [x, y, z] = viewer.data.start;
    await viewer.slider('Axial').press('ArrowRight');
    await viewer.drawn();
    expect(await viewer.position()).toEqual([x, y, z + 1]);
    await viewer.slider('Sagittal').press('Home');
    await viewer.drawn();
    expect(await viewer.position()).toEqual([0, y, z + 1]);
    await viewer.click('Axial', 4, 7);
    expect(await viewer.position()).toEqual([4, 7, z + 1]);
    expect(await viewer.slider('Coronal').inputValue()).toBe('7');
    await viewer.click('Sagittal', 9, 3);
    expect(await viewer.position()).toEqual([4, 9, 3]);
    await viewer.canvas('Coronal').hover();
    await page.mouse.wheel(0, 120);
    await expect.poll(() => viewer.position()).toEqual([4, 10, 3]);
    await page.mouse.wheel(0, -120);
    await expect.poll(() => viewer.position()).toEqual([4, 9, 3]);
    // Dragged out of the picture it stays at the edge.
    const box = (await viewer.canvas('Axial').boundingBox()) as { x: number; y: number; width: number };
    await viewer.canvas('Axial').hover();
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 50, box.y - 20);
    await page.mouse.up();
    await expect.poll(() => viewer.position()).toEqual([viewer.data.size[0] - 1, 0, 3]);
  });

  it('the wheel beside the pictures scrolls the page', async () => {
    const viewer = await open(pair);
    await page.setViewportSize({ width: 1280, height: 300 });
    await page.mouse.move(5, 150);
    await page.mouse.wheel(0, 80);
    await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(0);
    expect(await viewer.position()).toEqual(viewer.data.start);
  });

  it('blends, alternates, and shows the difference to the image before or after', async () => {
    const viewer = await open(pair);
    await viewer.hideMarks();
    // Where the three images differ.
    await viewer.click('Axial', 10, 12);
    const at = await viewer.position();
    const [fixed, moving, moved] = [
      viewer.byte('fixed', at),
      viewer.byte('moving', at),
      viewer.byte('moved', at),
    ] as const;
    expect(Math.abs(fixed - moving)).toBeGreaterThan(20);
    await viewer.mix('Home');
    expect(await viewer.colour('Axial')).toEqual(grey(fixed));
    await viewer.mix('End');
    expect(await viewer.colour('Axial')).toEqual(grey(moved));
    await viewer.choose('Moving (before)');
    expect(await viewer.colour('Sagittal')).toEqual(grey(moving));
    await viewer.choose('Difference');
    expect(await viewer.colour('Coronal')).toEqual(near(differenceMap((moving - fixed) / 255)));
    await viewer.choose('Flicker');
    for (const value of [fixed, moving, fixed]) await expect.poll(() => viewer.colour('Axial')).toEqual(grey(value));
    await viewer.choose('Checkerboard');
    // Squares of three voxels: 10 and 12 lie in the third and the fourth.
    expect(await viewer.colour('Axial')).toEqual(grey(moving));
    await viewer.click('Axial', 10, 11);
    expect(await viewer.colour('Axial')).toEqual(grey(viewer.byte('fixed', await viewer.position())));
    expect(await page.locator('.mix').isVisible()).toBe(false);
  });

  it('outlines and landmarks can be hidden', async () => {
    const viewer = await open(pair);
    for (const [name, colour] of [
      ['Outlines', LABEL_COLOURS[0] as string],
      ['Landmarks', OKABE_ITO.sky],
    ] as const) {
      const box = page.getByLabel(name);
      expect(await viewer.count('Axial', colour), name).toBeGreaterThan(20);
      await box.uncheck();
      expect(await viewer.count('Axial', colour), name).toBe(0);
      await box.check();
      expect(await viewer.count('Axial', colour), name).toBeGreaterThan(20);
      // The second label has the landmarks' colour.
      if (name === 'Outlines') await box.uncheck();
    }
    // Far from the landmark it is not shown.
    await viewer.slider('Axial').press('End');
    expect(await viewer.count('Axial', OKABE_ITO.sky)).toBe(0);
  });

  it('two modalities lie one over the other', async () => {
    const viewer = await open({ ...pair, isTwoModalities: true });
    await viewer.hideMarks();
    const at = await viewer.position();
    const [fixed, moved] = [viewer.byte('fixed', at), viewer.byte('moved', at)];
    const cover = 0.15 + (0.75 * fixed) / 255;
    const expected = warmMap((2 * fixed) / 255 - 1).map((channel) => moved + (channel - moved) * cover);
    expect(await viewer.colour('Axial')).toEqual(near(expected));
    await viewer.mix('End');
    expect(await viewer.colour('Axial')).toEqual(grey(moved));
  });
});
