import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { dice, labelsIn } from '../../src/metric/dice.ts';
import type { Grid, Labels, Volume } from '../../src/volume/grid.ts';
import { column, flipRasLps, multiply, spacingOf } from '../../src/volume/matrix.ts';

/** tsx names functions by a helper, which a page lacks. */
export const NAMES = 'globalThis.__name = (value) => value';

/** What is registered. */
export interface LabelledPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels: Labels;
  readonly movingLabels: Labels;
}

/** An image as itk-wasm takes it, its numbers in base64. */
interface Sent {
  readonly size: readonly number[];
  readonly spacing: readonly number[];
  readonly origin: readonly number[];
  readonly direction: readonly number[];
  readonly base64: string;
}

/**
 * Registers a pair with @itk-wasm/elastix in a page of its own: its own parameters, affine and then B-splines.
 * @param installed a folder in whose node_modules @itk-wasm/elastix is
 */
export async function elastixInBrowser(
  browser: Browser,
  installed: string,
  { fixed, moving, fixedLabels, movingLabels }: LabelledPair,
): Promise<{ readonly seconds: number; readonly dice: number }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const bytes =
      path === '/' ? Buffer.from('<!doctype html>') : await readFile(join(installed, path)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    response.end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(0);
    await page.addInitScript(NAMES);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const images = [sent(fixed), sent(moving), sent(movingLabels)] as const;
    const { seconds, labels } = await page.evaluate(registered, images);
    const moved = Int32Array.from(labels, Math.round);
    const scores = dice(fixedLabels.data, moved, labelsIn(fixedLabels.data, movingLabels.data));
    return { seconds, dice: scores.reduce((sum, score) => sum + score, 0) / scores.length };
  } finally {
    await page.close();
    server.close();
    server.closeAllConnections();
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

function sent({ size, affine, data }: Grid & { readonly data: Float32Array | Int32Array }): Sent {
  const lps = multiply(flipRasLps, affine);
  const spacing = spacingOf(affine);
  const axes = ([0, 1, 2] as const).map((axis) => column(lps, axis).map((value) => value / spacing[axis]));
  return {
    size,
    spacing,
    origin: column(lps, 3),
    direction: [0, 1, 2].flatMap((row) => axes.map((axis) => axis[row]!)),
    base64: Buffer.from(Float32Array.from(data).buffer).toString('base64'),
  };
}

/** Runs in the page. The time begins before anything of elastix is loaded. */
async function registered(images: readonly [Sent, Sent, Sent]) {
  const [fixed, moving, labels] = images.map(({ base64, direction, ...grid }, n) => ({
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: `image${n}`,
    ...grid,
    direction: Float64Array.from(direction),
    metadata: new Map(),
    data: new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer),
  }));
  const root = `${location.origin}/node_modules/@itk-wasm/elastix/dist`;
  const begun = performance.now();
  const elastix = await import(/* @vite-ignore */ `${root}/bundle/index-worker-embedded.min.js`);
  elastix.setPipelinesBaseUrl(`${root}/pipelines`);
  const { parameterMap: affine } = await elastix.defaultParameterMap('affine');
  const { parameterMap: bspline } = await elastix.defaultParameterMap('bspline');
  const { transformParameterObject } = await elastix.elastix([affine, bspline], { fixed, moving });
  const seconds = (performance.now() - begun) / 1000;
  const nearest = transformParameterObject.map((map: Record<string, unknown>) => ({
    ...map,
    ResampleInterpolator: ['FinalNearestNeighborInterpolator'],
  }));
  const moved = await elastix.transformix(labels, nearest);
  return { seconds, labels: [...(moved.result.data as ArrayLike<number> & Iterable<number>)] };
}
