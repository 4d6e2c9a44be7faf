import type { Grid, Size, Vec3 } from '../volume/grid.ts';
import { bending } from './bendingEnergy.ts';
import { countVoxels, diceOverlap } from './dice.ts';
import { hausdorff95 } from './hausdorff.ts';
import { foldedShare, roughness } from './jacobian.ts';
import type {
  DeformationShape,
  LabelMeasure,
  LandmarkDistances,
  LandmarkMeasure,
  Measure,
  RegionPair,
  WarpMeasure,
} from './measure.ts';
import { robustness } from './robustness.ts';
import { type SurfaceDistances, surfaceDistances } from './surface.ts';
import { surfaceDice } from './surfaceDice.ts';
import { meanSurfaceDistance } from './surfaceDistance.ts';
import { landmarkDistanceMean } from './tre.ts';

const known = new Map<string, Measure>();

/** Makes a measure known by its key. Tables have it in the order of registration. */
export function registerMeasure(measure: Measure): void {
  known.set(measure.key, measure);
}

registerMeasure(landmarkDistanceMean);
registerMeasure(robustness);
registerMeasure(hausdorff95);
registerMeasure(diceOverlap);
registerMeasure(meanSurfaceDistance);
registerMeasure(surfaceDice(1));
registerMeasure(foldedShare);
registerMeasure(roughness);
registerMeasure(bending);

/** All measures by key. */
export function measures(): ReadonlyMap<string, Measure> {
  return known;
}

/** Measures that need labels, landmarks, or the warp alone. */
export function measuresOf(needs: 'labels'): readonly LabelMeasure[];
export function measuresOf(needs: 'landmarks'): readonly LandmarkMeasure[];
export function measuresOf(needs: 'warp'): readonly WarpMeasure[];
export function measuresOf(needs: Measure['needs']): readonly Measure[] {
  return [...known.values()].filter((measure) => measure.needs === needs);
}

/** Values by the key of their measure; NaN where one cannot be had. */
export type Values = Readonly<Record<string, number>>;

/** Two segmentations on one grid. */
export interface SegmentationPair {
  /** Label of each voxel, index = i + nx·(j + ny·k). */
  readonly fixed: ArrayLike<number>;
  readonly moved: ArrayLike<number>;
  readonly size: Size;
  /** The grid's affine, or its spacing in mm. */
  readonly space: Grid['affine'] | Vec3;
}

/** The label measures of two segmentations. */
export interface LabelValues {
  readonly labels: readonly (Values & { readonly label: number })[];
  /** Over the labels; NaN where one of them has no value. */
  readonly means: Values;
}

/** Every label measure of some labels, and their means. */
export function measureLabels({ fixed, moved, size, space }: SegmentationPair, labels: readonly number[]): LabelValues {
  const voxels = countVoxels(fixed, moved, labels);
  const rows = labels.map((label, n) => {
    let distances: SurfaceDistances | undefined | null = null;
    const region: RegionPair = {
      voxels: voxels[n]!,
      surfaces() {
        if (distances === null) distances = surfaceDistances(fixed, moved, size, space, label);
        return distances;
      },
    };
    return { label, ...valuesOf(measuresOf('labels'), (measure) => measure.of(region)) };
  });
  const means = valuesOf(
    measuresOf('labels'),
    ({ key }) => rows.map((row) => (row as Values)[key]!).reduce((a, b) => a + b, 0) / rows.length,
  );
  return { labels: rows, means };
}

/** Every landmark measure. */
export function measureLandmarks(distances: LandmarkDistances): Values {
  return valuesOf(measuresOf('landmarks'), (measure) => measure.of(distances));
}

/** Every measure of the deformation. */
export function measureShape(shape: DeformationShape): Values {
  return valuesOf(measuresOf('warp'), (measure) => measure.of(shape));
}

function valuesOf<M extends Measure>(list: readonly M[], of: (measure: M) => number): Values {
  return Object.fromEntries(list.map((measure) => [measure.key, of(measure)]));
}
