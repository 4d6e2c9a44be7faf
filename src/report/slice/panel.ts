import type { Volume } from '../../volume/grid.ts';
import { percentiles } from '../../volume/percentile.ts';
import type { ColourMap, Rgb } from '../draw/colourMap.ts';
import { pngDataUri } from '../draw/png.ts';
import { element, group, line, rectangle, text } from '../draw/svg.ts';
import { HAIRLINE, INK, TEXT } from '../draw/theme.ts';
import { labelContour } from './contours.ts';
import type { SliceView } from './slices.ts';

/** Intensities shown as black and as white. */
export type Window = readonly [number, number];

/** The 0.5th and the 99.5th percentile of an image (of a sample of at most about 200 000 voxels). */
export function intensityWindow(volume: Volume): Window {
  const stride = Math.max(1, Math.ceil(volume.data.length / 200000));
  const [low, high] = percentiles(
    volume.data.filter((_, index) => index % stride === 0),
    [0.5, 99.5],
  ) as [number, number];
  return high > low ? [low, high] : [low, low + 1];
}

/** Intensities as fractions of the window, clamped to [0, 1]. */
export function windowed(values: Float32Array, [low, high]: Window): Float32Array {
  return values.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low))));
}

/** The end of a symmetric scale: the smallest number with one digit (or 1.5, 2.5) that is at least `value`. */
export function niceLimit(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(2));
}

/** Whether the renderer interpolates between pixels. */
export type Rendering = 'smooth' | 'pixelated';

/** Browsers obey this rule; resvg, which knows no `pixelated`, skips it and obeys the image's attribute. */
const PIXELATED_RULE = '<style>@media all{.pixelated{image-rendering:pixelated}}</style>';

function image(view: SliceView, uri: string, rendering: Rendering): string {
  const pixelated = rendering === 'pixelated';
  return (
    (pixelated ? PIXELATED_RULE : '') +
    element('image', {
      width: view.width,
      height: view.height,
      preserveAspectRatio: 'none',
      class: pixelated ? 'pixelated' : undefined,
      'image-rendering': pixelated ? 'optimizeSpeed' : undefined,
      href: uri,
    })
  );
}

/** A slice in grey, from fractions between 0 (black) and 1 (white); SVG in display millimetres. */
export function greyImage(view: SliceView, fractions: Float32Array, rendering: Rendering): string {
  const data = Uint8Array.from(fractions, (value) => Math.round(value * 255));
  return image(view, pngDataUri({ width: view.columns, height: view.rows, channels: 1, data }), rendering);
}

/** A slice through a diverging colour map with ±limit at its ends; SVG in display millimetres. */
export function divergingImage(
  view: SliceView,
  values: Float32Array,
  map: ColourMap,
  limit: number,
  rendering: Rendering,
): string {
  return colourImage(view, (index) => map(values[index]! / limit), rendering);
}

/** A slice whose pixels, row by row from the top left, have the given colours; SVG in display millimetres. */
export function colourImage(view: SliceView, colour: (index: number) => Rgb, rendering: Rendering): string {
  const data = new Uint8Array(view.columns * view.rows * 3);
  for (let index = 0; index < view.columns * view.rows; index++) data.set(colour(index), index * 3);
  return image(view, pngDataUri({ width: view.columns, height: view.rows, channels: 3, data }), rendering);
}

/** Outlines of several labels; `scale` is user units in a display millimetre, `width` the stroke in user units. */
export function outlines(
  view: SliceView,
  labels: ArrayLike<number>,
  colours: ReadonlyMap<number, string>,
  style: { readonly scale: number; readonly width: number; readonly dashed?: boolean },
): string {
  const dash = (2.2 * style.width) / style.scale;
  return group(
    {
      fill: 'none',
      'stroke-width': style.width / style.scale,
      'stroke-linejoin': 'round',
      'stroke-dasharray': style.dashed ? `${dash.toFixed(3)} ${(dash * 0.8).toFixed(3)}` : undefined,
    },
    ...[...colours].map(([label, stroke]) => {
      const d = labelContour(view, labels, label);
      return d === '' ? '' : element('path', { stroke, d });
    }),
  );
}

/** A place on the page, in user units. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Puts content given in display millimetres into a frame, clipped to it. */
export function framed(view: SliceView, frame: Frame, content: string, border = false): string {
  return (
    element(
      'svg',
      {
        x: frame.x,
        y: frame.y,
        width: frame.width,
        height: frame.height,
        viewBox: `0 0 ${view.width.toFixed(3)} ${view.height.toFixed(3)}`,
        preserveAspectRatio: 'none',
      },
      content,
    ) +
    (border
      ? rectangle(frame.x, frame.y, frame.width, frame.height, { fill: 'none', stroke: HAIRLINE, 'stroke-width': 0.5 })
      : '')
  );
}

const HALO = {
  fill: '#ffffff',
  stroke: '#000000',
  'stroke-opacity': 0.55,
  'stroke-width': 1.6,
  'stroke-linejoin': 'round',
  'paint-order': 'stroke',
  'font-size': TEXT.small,
} as const;

/** The letters of the directions on the four edges of a panel. */
export function orientationMarks(view: SliceView, frame: Frame): string {
  const middleX = frame.x + frame.width / 2;
  const middleY = frame.y + frame.height / 2 + TEXT.small * 0.36;
  return group(
    { ...HALO, 'font-weight': 'bold' },
    text(frame.x + 2.5, middleY, view.marks.left),
    text(frame.x + frame.width - 2.5, middleY, view.marks.right, { 'text-anchor': 'end' }),
    text(middleX, frame.y + TEXT.small + 0.5, view.marks.top, { 'text-anchor': 'middle' }),
    text(middleX, frame.y + frame.height - 2.5, view.marks.bottom, { 'text-anchor': 'middle' }),
  );
}

/** A scale bar in the lower left corner of a panel, the longest round length that fits a third of it. */
export function scaleBar(view: SliceView, frame: Frame): string {
  const perMm = frame.width / view.width;
  const longest = Math.max(view.width * 0.33, 1e-6);
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = ([5, 2, 1].find((step) => step * power <= longest) ?? 1) * power;
  const x = frame.x + 4;
  const y = frame.y + frame.height - 4.5;
  return (
    line(x, y, x + length * perMm, y, { stroke: '#000000', 'stroke-opacity': 0.55, 'stroke-width': 2.8 }) +
    line(x + 0.5, y, x + length * perMm - 0.5, y, { stroke: '#ffffff', 'stroke-width': 1.4 }) +
    text(x, y - 3, `${Number(length.toPrecision(3))} mm`, HALO)
  );
}

/** A horizontal colour bar with a title above it and labels below: at its left end, its middle and its right end. */
export function colourBar(
  frame: Frame,
  map: ColourMap,
  labels: readonly [string, string, string],
  title: string,
): string {
  // An image and not a gradient: gradients need identifiers, which would clash between figures on one HTML page.
  const steps = 201;
  const data = Uint8Array.from(Array.from({ length: steps }, (_, index) => map((2 * index) / (steps - 1) - 1)).flat());
  const ticks = labels.map((label, index) => {
    const x = frame.x + (index / 2) * frame.width;
    return (
      line(x, frame.y + frame.height, x, frame.y + frame.height + 2, { stroke: INK, 'stroke-width': 0.5 }) +
      text(x, frame.y + frame.height + 3 + TEXT.small, label, { 'text-anchor': 'middle', 'font-size': TEXT.small })
    );
  });
  return group(
    { class: 'scale', fill: INK },
    text(frame.x + frame.width / 2, frame.y - 3.5, title, { 'text-anchor': 'middle', 'font-size': TEXT.small }),
    element('image', {
      ...frame,
      preserveAspectRatio: 'none',
      href: pngDataUri({ width: steps, height: 1, channels: 3, data }),
    }),
    rectangle(frame.x, frame.y, frame.width, frame.height, { fill: 'none', stroke: INK, 'stroke-width': 0.5 }),
    ...ticks,
  );
}

/** Labels of a colour bar from −limit to limit. */
export function divergingLabels(limit: number): [string, string, string] {
  const number = String(Number(limit.toPrecision(2)));
  return [`−${number}`, '0', `+${number}`];
}
