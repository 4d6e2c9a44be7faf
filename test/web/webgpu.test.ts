import type { Page } from 'playwright-core';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Answer, WorkerRegistration } from '../../src/browser/protocol.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { decodeModel } from '../../src/network/model.ts';
import { startOfModel } from '../../src/registration/fitting.ts';
import { REFINE_DEFAULTS } from '../../src/registration/refine.ts';
import { register } from '../../src/registration/register.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { hasChromium, whyNoChromium } from '../support/chromium.ts';
import { App, niftiFile, withPage } from './support.ts';

const phantomsOf = { seed: 3, size: [16, 16, 16], spacing: [3, 3, 3] } as const;
const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ ...phantomsOf, index }).image);
const pair = { fixed: fixed!, moving: moving! };

/** A network that is small enough for a program that stands for a graphics card. */
const settings = { size: 16, pad: 16, epochs: 1, pairsPerEpoch: 2, loss: 'mse', encoder: [4, 8], decoder: [8, 4] };
const start = {
  version: 'test',
  data: { generator: 'phantom', settings: { cases: 12, size: [16, 16, 16], spacing: 3 } },
  settings: { ...settings, remaining: [4] },
};
const REFINE = 3;

interface Worked {
  /** Of each training step, and of the validation. */
  readonly losses: readonly number[];
  readonly model: readonly number[];
  /** The moved scan after the model, and after its refinement. */
  readonly moved: readonly (readonly number[])[];
}

/** Trains a model in the page's worker, and registers and refines a pair by it, or by another that is given. */
function workOn(page: Page, provider: 'wasm' | 'webgpu', given?: readonly number[]): Promise<Worked> {
  const plain = {
    fixed: { ...pair.fixed, data: [...pair.fixed.data] },
    moving: { ...pair.moving, data: [...pair.moving.data] },
  };
  return page.evaluate(
    async ({ provider, start, plain, given, refineSteps }) => {
      const isCard = provider === 'webgpu';
      const at = (name: string): string => new URL(`./worker/${name}`, location.href).href;
      const runtime = `ort-wasm-simd-threaded${isCard ? '.jspi' : ''}`;
      const worker = new Worker(at(isCard ? 'computingOnCard.js' : 'earthmorph-worker.js'), { type: 'module' });
      const losses: number[] = [];
      const ask = <Out>(name: string, input: unknown): Promise<Out> =>
        new Promise((done, failed) => {
          worker.onmessage = ({ data }: MessageEvent<Answer>) => {
            if (data.kind === 'done') done(data.output as Out);
            else if (data.kind === 'failed') failed(new Error(data.message));
            else if (name === 'train' && data.event.kind === 'step') losses.push(data.event.loss);
            else if (data.event.kind === 'epoch') losses.push(data.event.record.validationLoss);
          };
          worker.onerror = ({ message }) => failed(new Error(message));
          worker.postMessage({ kind: 'task', id: 1, name, input });
        });
      worker.postMessage({
        kind: 'settings',
        settings: {
          threads: 1,
          ...(isCard ? { device: 'webgpu' } : {}),
          runtime: { mjs: at(`${runtime}.mjs`), wasm: at(`${runtime}.wasm`) },
        },
      });
      const scan = ({ data, ...grid }: { readonly data: readonly number[] }) => ({
        ...grid,
        data: Float32Array.from(data),
      });
      await ask('train', { run: provider, start });
      const model = await ask<Uint8Array>('trainedModel', provider);
      const moved: number[][] = [];
      for (const refine of [0, refineSteps]) {
        const bytes = given ? Uint8Array.from(given) : model;
        const input = { fixed: scan(plain.fixed), moving: scan(plain.moving) };
        const registration = await ask<WorkerRegistration>('register', {
          pair: input,
          choices: {},
          model: { name: 'model.onnx', bytes, refine },
        });
        if (registration.notes.length > 0) throw new Error(registration.notes.join(' '));
        moved.push([...registration.moved.data]);
      }
      worker.terminate();
      return { losses, model: [...model], moved };
    },
    { provider, start, plain, given, refineSteps: REFINE },
  );
}

/** The largest difference of two lists of numbers, relative to the range of the first. */
function difference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const values = Array.from(one);
  const range = Math.max(...values) - Math.min(...values);
  return Math.max(...values.map((value, n) => Math.abs(value - other[n]!))) / range;
}

/** Debian's Chromium computes WebGPU by a program, SwiftShader, where it is told to. */
describe.skipIf(!hasChromium)(`networks on a graphics card${whyNoChromium}`, () => {
  const opened = withPage('--enable-unsafe-webgpu');
  let app: App;
  const open = async (query: string): Promise<void> => {
    opened.app = app = await App.open(opened.browser, new URL(query, opened.server.address).href);
  };
  /** Opens a page that computes by the card; the test is skipped where the browser has none. */
  const openOnCard = async ({ skip }: TestContext): Promise<void> => {
    await open('?provider=webgpu');
    const text = (await app.page.locator('.chip').textContent()) ?? '';
    if (!text.startsWith('WebGPU')) skip('this Chromium offers no adapter for WebGPU');
  };

  it('are not computed by a program that stands for one, and the page says why', async () => {
    await open('');
    const chip = app.page.locator('.chip');
    expect(await chip.textContent()).toMatch(/^WebAssembly/);
    await chip.click();
    await app.page.getByText(/The graphics card is not used: .*(none through WebGPU|a program)/).waitFor();
    expect(app.requests.filter((url) => url.includes('jspi'))).toEqual([]);
  });

  it('take the training steps, the registration and the refinement of WebAssembly and of Node', async (context) => {
    await openOnCard(context);
    const byProcessor = await workOn(app.page, 'wasm');
    const onCard = await workOn(app.page, 'webgpu', byProcessor.model);
    expect(byProcessor.losses.length).toBeGreaterThan(2);
    expect(onCard.losses).toHaveLength(byProcessor.losses.length);
    for (const [n, loss] of byProcessor.losses.entries())
      expect(Math.abs(onCard.losses[n]! / loss - 1), `loss ${n}`).toBeLessThan(1e-4);
    // Not the same program twice.
    expect(onCard.losses).not.toEqual(byProcessor.losses);
    const model = decodeModel(Uint8Array.from(byProcessor.model), 'model.onnx');
    for (const [n, steps] of [0, REFINE].entries()) {
      const refine = steps === 0 ? {} : { refine: { ...REFINE_DEFAULTS, loss: chooseSimilarity('ncc'), steps } };
      const { moved } = await register(pair, model, { ...refine, start: startOfModel(model) });
      expect(difference(moved.data, byProcessor.moved[n]!), `WebAssembly, ${steps} steps`).toBeLessThan(1e-3);
      expect(difference(moved.data, onCard.moved[n]!), `WebGPU, ${steps} steps`).toBeLessThan(1e-3);
    }
    expect(difference(onCard.moved[0]!, onCard.moved[1]!)).toBeGreaterThan(1e-3);
  });

  it('are computed by the processor where the card fails, and the page says so', async (context) => {
    await openOnCard(context);
    await app.page.context().route('**/*jspi.wasm', (route) => route.abort());
    await app.page.reload();
    await app.page.getByText('Align two scans').waitFor();
    const large = { seed: 2, size: [24, 28, 20], spacing: [2, 2, 2] } as const;
    const [a, b] = [0, 1].map((index) => makePhantomCase({ ...large, index }).image);
    await app.drop(await niftiFile('a.nii', a!), await niftiFile('b.nii', b!));
    await app.says(/The graphics card could not compute this .*; the processor does\./);
    await app.registered();
    app.complaints.length = 0;
  });
});
