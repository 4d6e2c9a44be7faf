import { FOLD_COLOUR, jacobianMap, type Rgb, sequentialMap, warmMap } from '../../src/report/draw/colourMap.ts';

/** Colours of 256 even steps, each a pixel as it lies in memory: red lowest, opacity highest. */
export type ColourTable = Uint32Array;

/** Colour maps of scans that can be chosen. */
export const SCAN_MAPS = { gray: 'Grey', inverted: 'Inverted', viridis: 'Viridis', warm: 'Warm' } as const;
export type ScanMap = keyof typeof SCAN_MAPS;

/** Tables of scans: those that can be chosen, and the two that make grey together. */
export const TABLES: Readonly<Record<ScanMap | 'green' | 'magenta', ColourTable>> = {
  gray: table((value) => [value, value, value]),
  inverted: table((value) => [255 - value, 255 - value, 255 - value]),
  viridis: table((value) => sequentialMap(value / 127.5 - 1)),
  warm: table((value) => warmMap(value / 127.5 - 1)),
  green: table((value) => [0, value, 0]),
  magenta: table((value) => [value, 0, value]),
};

/** log2 of a determinant that has the map's last colour: twice the volume, or half. */
export const JACOBIAN_RANGE = 1;
/** Of volume change, seen through. */
export const JACOBIAN_TABLE = table((value) => jacobianMap(value / 127.5 - 1), 160);
/** Of voxels where space folds. */
export const FOLD_PIXEL = pixelOf(rgbOf(FOLD_COLOUR), 255);

/** Red, green and blue of `#rrggbb`, 0–255. */
export function rgbOf(colour: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return [r!, g!, b!];
}

/** A colour as it lies in memory. */
export function pixelOf([red, green, blue]: Rgb, opacity: number): number {
  return ((opacity << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

function table(colour: (value: number) => Rgb, opacity = 255): ColourTable {
  return Uint32Array.from({ length: 256 }, (_, value) => pixelOf(colour(value), opacity));
}
