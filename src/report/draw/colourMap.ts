import { OKABE_ITO } from './theme.ts';

/** Red, green and blue, 0–255. */
export type Rgb = readonly [number, number, number];

/** Maps [-1, 1] to a colour; values outside are clamped. */
export type ColourMap = (value: number) => Rgb;

function fromStops(stops: readonly string[]): ColourMap {
  const colours = stops.map(
    (stop) => [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)) as unknown as Rgb,
  );
  return (value) => {
    const clamped = Math.min(1, Math.max(-1, Number.isNaN(value) ? 0 : value));
    const position = ((clamped + 1) / 2) * (colours.length - 1);
    const index = Math.min(colours.length - 2, Math.floor(position));
    const low = colours[index] as Rgb;
    const high = colours[index + 1] as Rgb;
    const part = position - index;
    const mix = (channel: 0 | 1 | 2): number => Math.round(low[channel] + (high[channel] - low[channel]) * part);
    return [mix(0), mix(1), mix(2)];
  };
}

/** ColorBrewer RdBu, 11 classes, blue for negative: safe for colour-blind readers (Brewer 2003). */
export const differenceMap: ColourMap = fromStops(
  '#053061 #2166ac #4393c3 #92c5de #d1e5f0 #f7f7f7 #fddbc7 #f4a582 #d6604d #b2182b #67001f'.split(' '),
);

/** ColorBrewer PuOr, 11 classes, purple for shrinking and orange for growing: safe for colour-blind readers. */
export const jacobianMap: ColourMap = fromStops(
  '#2d004b #542788 #8073ac #b2abd2 #d8daeb #f7f7f7 #fee0b6 #fdb863 #e08214 #b35806 #7f3b08'.split(' '),
);

/** Viridis (van der Walt & Smith 2015), dark blue for −1 to yellow for 1: even steps of lightness, safe for colour-blind readers. */
export const sequentialMap: ColourMap = fromStops(
  '#440154 #482576 #414487 #35608d #2a788e #21908d #22a884 #43bf71 #7ad151 #bddf26 #fde725'.split(' '),
);

/** Black over the orange of Okabe & Ito to nearly white, for −1 to 1: lightness rises evenly, and no grey is like it. */
export const warmMap: ColourMap = fromStops(
  '#000000 #3d1d00 #7a3a00 #b85800 #e67a10 #f5a03c #fcc878 #feecc8'.split(' '),
);

/** The colour of cells where the map folds (determinant ≤ 0); it occurs in neither map. */
export const FOLD_COLOUR = OKABE_ITO.green;

/** A colour as `#rrggbb`. */
export function hex(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
