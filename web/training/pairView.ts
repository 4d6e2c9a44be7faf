import type { PairShown } from '../../src/browser/trainingProtocol.ts';
import { make } from '../dom.ts';

const IMAGES = { fixed: 'Fixed', moving: 'Moving', moved: 'Moved' } as const;

/** One validation pair on the network's grid, as the network registers it now: its middle coronal planes. */
export function pairView(): { readonly element: HTMLElement; show(pair: PairShown | undefined): void } {
  const canvases = new Map(
    (Object.keys(IMAGES) as (keyof typeof IMAGES)[]).map((key) => [
      key,
      make('canvas', { class: 'slice', attributes: { role: 'img', 'aria-label': `${IMAGES[key]} scan, coronal` } }),
    ]),
  );
  const element = make(
    'section',
    { class: 'pair', attributes: { 'aria-label': 'Validation pair' } },
    make('h2', {}, 'A validation pair now'),
    make(
      'div',
      { class: 'slices' },
      ...[...canvases].map(([key, canvas]) =>
        make('figure', {}, canvas, make('figcaption', { class: 'muted' }, IMAGES[key])),
      ),
    ),
  );
  return {
    element,
    show(pair) {
      element.hidden = !pair;
      if (!pair) return;
      for (const [key, canvas] of canvases) draw(canvas, pair[key], pair, windowOf(pair.fixed));
    },
  };
}

type Window = readonly [low: number, high: number];

/** From the darkest value to the brightest. */
function windowOf(values: Float32Array): Window {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** The middle coronal plane, head up. */
function draw(canvas: HTMLCanvasElement, values: Float32Array, { size }: PairShown, [low, high]: Window): void {
  const [nx, ny, nz] = size;
  const j = Math.floor(ny / 2);
  canvas.width = nx;
  canvas.height = nz;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = context.createImageData(nx, nz);
  for (let k = 0; k < nz; k++)
    for (let i = 0; i < nx; i++) {
      const value = values[i + nx * (j + ny * k)] as number;
      const at = 4 * (i + nx * (nz - 1 - k));
      const grey = (255 * (value - low)) / (high - low || 1);
      image.data.set([grey, grey, grey, 255], at);
    }
  context.putImageData(image, 0, 0);
}
