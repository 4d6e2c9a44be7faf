import type { Niivue } from '@niivue/niivue';
import { FOLD_COLOUR, jacobianMap } from '../../src/report/draw/colourMap.ts';

/** Colour maps of scans that can be chosen. */
export const SCAN_MAPS: Readonly<Record<string, string>> = {
  gray: 'Grey',
  viridis: 'Viridis',
  inferno: 'Inferno',
  bone: 'Bone',
};

/** Our own maps: of volume change, of folds, and the two that make grey together. */
export const OWN_MAPS = {
  jacobian: 'em-jacobian',
  folds: 'em-folds',
  green: 'em-green',
  magenta: 'em-magenta',
} as const;

/** log2 of a determinant that has the map's last colour: twice the volume, or half. */
export const JACOBIAN_RANGE = 1;

/** Makes our maps known to a viewer. */
export function addOwnMaps(viewer: Niivue): void {
  const steps = Array.from({ length: 11 }, (_, n) => n / 10);
  const colours = steps.map((step) => jacobianMap(2 * step - 1));
  viewer.addColormap(OWN_MAPS.jacobian, {
    R: colours.map(([r]) => r),
    G: colours.map(([, g]) => g),
    B: colours.map(([, , b]) => b),
    A: steps.map(() => 255),
    I: steps.map((step) => Math.round(255 * step)),
  });
  const [r, g, b] = rgbOf(FOLD_COLOUR);
  viewer.addColormap(OWN_MAPS.folds, { R: [r, r], G: [g, g], B: [b, b], A: [0, 255], I: [0, 255] });
  viewer.addColormap(OWN_MAPS.green, ramp(0, 255, 0));
  viewer.addColormap(OWN_MAPS.magenta, ramp(255, 0, 255));
}

function ramp(r: number, g: number, b: number) {
  return { R: [0, r], G: [0, g], B: [0, b], A: [0, 255], I: [0, 255] };
}

/** Red, green and blue of `#rrggbb`, 0–255. */
export function rgbOf(colour: string): readonly [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return [r!, g!, b!];
}
