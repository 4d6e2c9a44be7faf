import { interpolateViridis, schemePuOr, schemeRdBu } from 'd3-scale-chromatic';
import { mapTriple } from '../../triple.ts';
import { OKABE_ITO } from './theme.ts';

/** Red, green and blue, 0–255. */
export type Rgb = readonly [number, number, number];

/** Maps [-1, 1] to a colour; values outside are clamped. */
export type ColourMap = (value: number) => Rgb;

/** Even steps from one colour to the next, straight through RGB. */
function fromStops(stops: readonly string[]): ColourMap {
  const colours = stops.map(fromHex);
  return (value) => {
    const position = fraction(value) * (colours.length - 1);
    const index = Math.min(colours.length - 2, Math.floor(position));
    const low = colours[index] as Rgb;
    const high = colours[index + 1] as Rgb;
    const part = position - index;
    const mix = (channel: 0 | 1 | 2): number => Math.round(low[channel] + (high[channel] - low[channel]) * part);
    return [mix(0), mix(1), mix(2)];
  };
}

/** How far a value lies along [-1, 1]; without a value in the middle. */
function fraction(value: number): number {
  return (Math.min(1, Math.max(-1, Number.isNaN(value) ? 0 : value)) + 1) / 2;
}

function fromHex(colour: string): Rgb {
  return mapTriple([1, 3, 5], (at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/**
 * ColorBrewer RdBu, 11 classes, blue for negative: safe for colour-blind readers (Brewer 2003). Not d3's spline through
 * them, which makes zero #f2efee in place of the neutral #f7f7f7.
 */
export const differenceMap: ColourMap = fromStops((schemeRdBu[11] as readonly string[]).toReversed());

/** ColorBrewer PuOr, 11 classes, purple for shrinking and orange for growing: safe for colour-blind readers. */
export const jacobianMap: ColourMap = fromStops(schemePuOr[11] as readonly string[]);

/**
 * Viridis (van der Walt & Smith 2015), dark blue for −1 to yellow for 1: even lightness, safe for colour-blind readers.
 */
export const sequentialMap: ColourMap = (value) => fromHex(interpolateViridis(fraction(value)));

/**
 * Black over the orange of Okabe & Ito to nearly white, for −1 to 1: lightness rises evenly, and no grey is like it.
 */
export const warmMap: ColourMap = fromStops(
  '#000000 #3d1d00 #7a3a00 #b85800 #e67a10 #f5a03c #fcc878 #feecc8'.split(' '),
);

/** The colour of cells where the map folds (determinant ≤ 0); it occurs in neither map. */
export const FOLD_COLOUR = OKABE_ITO.green;

/** A colour as `#rrggbb`. */
export function hex(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
