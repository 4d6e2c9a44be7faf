import type { Grid, Labels, Volume } from '../src/volume/grid.ts';
import { spacingOf } from '../src/volume/matrix.ts';

/** A scan that was dropped, picked or made. */
export interface Scan {
  readonly name: string;
  readonly volume: Volume;
}

/** Labels that were given with a scan. */
export interface LabelFile {
  readonly name: string;
  readonly labels: Labels;
}

/** A grid in a few words: `160×192×224 voxels of 1 mm`. */
export function gridText(grid: Grid): string {
  const edges = spacingOf(grid.affine).map((edge) => Number(edge.toPrecision(3)));
  const same = edges.every((edge) => edge === edges[0]);
  return `${grid.size.join('×')} voxels of ${same ? edges[0] : edges.join('×')} mm`;
}
