import type { Warp } from '../volume/grid.ts';
import type { SurfaceDistances } from './surface.ts';

/** One label of two segmentations on one grid, the fixed one and the moved one. */
export interface RegionPair {
  /** Voxels of each, and of both together. */
  readonly voxels: { readonly fixed: number; readonly moved: number; readonly shared: number };
  /** How far the surfaces are apart, worked out when first asked for; undefined where either lacks the label. */
  surfaces(): SurfaceDistances | undefined;
}

/** Distances of corresponding landmarks in mm, in one order. */
export interface LandmarkDistances {
  readonly now: readonly number[];
  /** Before registration; left out where it is the start itself that is measured. */
  readonly start?: readonly number[];
}

/** How a pair is deformed. */
export interface DeformationShape {
  /** Jacobian determinants of the interior voxels; empty where a grid is too thin to have any. */
  readonly determinants: ArrayLike<number>;
  /** The deformation in millimetres, worked out when first asked for. */
  warp(): Warp;
}

interface Described {
  /** Name in records, JSON and the columns of files. Unique. */
  readonly key: string;
  /** Name in tables and figures, short. */
  readonly name: string;
  /** Name where there is room; left out where it is the same. */
  readonly title?: string;
  /** One line for the help and the docs. */
  readonly summary: string;
  /** Left out where it has none. */
  readonly unit?: string;
  /** Decimals in tables. */
  readonly digits: number;
  /** Which way is better; left out where neither is by itself, so that methods are not compared by it. */
  readonly better?: 'more' | 'less';
  /** A share between 0 and 1, which tables of experiments give in %. */
  readonly share?: true;
  /**
   * Whether it is also measured after every epoch of a training, and printed in results of one line. Other measures are
   * for evaluation.
   */
  readonly watched?: true;
  /** Registrations are ranked by it, if it can be computed. */
  readonly headline?: true;
}

/** A measure of two segmentations, label by label. */
export interface LabelMeasure extends Described {
  readonly needs: 'labels';
  /** NaN if it cannot be computed. */
  of(region: RegionPair): number;
}

/** A measure of corresponding landmarks. */
export interface LandmarkMeasure extends Described {
  readonly needs: 'landmarks';
  /** What a pair's value is of its landmarks, as `mean of landmarks`; left out where its name says it. */
  readonly over?: string;
  /** It compares with the start, so that the start itself has none. */
  readonly needsStart?: true;
  /** NaN if it cannot be computed. */
  of(distances: LandmarkDistances): number;
}

/** A measure of the deformation alone. */
export interface WarpMeasure extends Described {
  readonly needs: 'warp';
  /** NaN if it cannot be computed. */
  of(shape: DeformationShape): number;
}

/**
 * A measure of a registration: what it is called, what it needs, how it is worked out. One file in `metric/` and one
 * line in the registry make a measure known to training, evaluation, tables, figures and files.
 */
export type Measure = LabelMeasure | LandmarkMeasure | WarpMeasure;

/**
 * Gives a measure its type.
 * @example
 * const farthest = defineMeasure({
 *   key: 'farthest',
 *   name: 'farthest',
 *   title: 'farthest landmark',
 *   summary: 'largest landmark error',
 *   unit: 'mm',
 *   digits: 2,
 *   better: 'less',
 *   needs: 'landmarks',
 *   of: ({ now }) => Math.max(...now),
 * })
 */
export function defineMeasure<M extends Measure>(measure: M): M {
  return measure;
}
