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

/**
 * Makes a measure known by its key. Tables have it in the order of registration.
 * @example registerMeasure(measure)
 */
export function registerMeasure(measure: Measure): void {
  known.set(measure.key, measure);
}

registerMeasure(diceOverlap);
registerMeasure(hausdorff95);
registerMeasure(meanSurfaceDistance);
registerMeasure(surfaceDice(1));
registerMeasure(landmarkDistanceMean);
registerMeasure(robustness);
registerMeasure(foldedShare);
registerMeasure(roughness);
registerMeasure(bending);

/**
 * All measures by key.
 * @example const names = [...measures().keys()]
 */
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

/** Measures that rank registrations, landmarks before labels. The first that can be computed counts. */
export function headlines(): readonly Measure[] {
  const rank = ({ needs }: Measure): number => ['landmarks', 'labels', 'warp'].indexOf(needs);
  return [...known.values()].filter(({ headline }) => headline).sort((a, b) => rank(a) - rank(b));
}

/** Those that are measured after every epoch too. */
export function isWatched({ watched }: Measure): boolean {
  return watched ?? false;
}

/**
 * Values by the key of their measure; NaN if one cannot be computed. A key is left out if what its measure needs is
 * not there.
 */
export type Values = Readonly<Record<string, number>>;

/** The number under a key of a record; NaN where there is none, or null, which stands for it in JSON. */
export function valueIn(record: object, key: string): number {
  const value = (record as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'number' ? value : Number.NaN;
}

/** The same values with null for what is not a number, as JSON has it. */
export function storable(values: Values): Record<string, number | null> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number.isFinite(value) ? value : null]));
}

/** Which of the measures are worked out. */
export type Among = (measure: Measure) => boolean;

const ALL: Among = () => true;

/** Two segmentations on one grid. */
interface SegmentationPair {
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

/**
 * The label measures of some labels, and their means.
 * @example
 * const { size, affine: space } = fixedLabels
 * const { means } = measureLabels({ fixed: fixedLabels.data, moved: movedLabels.data, size, space }, [1, 2])
 */
export function measureLabels(
  { fixed, moved, size, space }: SegmentationPair,
  labels: readonly number[],
  among = ALL,
): LabelValues {
  const voxels = countVoxels(fixed, moved, labels);
  const list = measuresOf('labels').filter(among);
  const rows = labels.map((label, n) => {
    let distances: SurfaceDistances | undefined | null = null;
    const region: RegionPair = {
      voxels: voxels[n]!,
      surfaces() {
        if (distances === null) distances = surfaceDistances(fixed, moved, size, space, label);
        return distances;
      },
    };
    return { label, ...valuesOf(list, (measure) => measure.of(region)) };
  });
  const means = valuesOf(
    list,
    ({ key }) => rows.map((row) => valueIn(row, key)).reduce((a, b) => a + b, 0) / rows.length,
  );
  return { labels: rows, means };
}

/**
 * The landmark measures.
 * @example const values = measureLandmarks({ now: [1.2, 0.8], start: [5.1, 4.4] })
 */
export function measureLandmarks(distances: LandmarkDistances, among = ALL): Values {
  const list = measuresOf('landmarks').filter((measure) => !(measure.needsStart && !distances.start) && among(measure));
  return valuesOf(list, (measure) => measure.of(distances));
}

/**
 * The measures of the deformation.
 * @example const values = measureShape({ determinants: jacobianDeterminant(field).data, warp: () => field })
 */
export function measureShape(shape: DeformationShape, among = ALL): Values {
  return valuesOf(measuresOf('warp').filter(among), (measure) => measure.of(shape));
}

function valuesOf<M extends Measure>(list: readonly M[], of: (measure: M) => number): Values {
  return Object.fromEntries(list.map((measure) => [measure.key, of(measure)]));
}
