import { given } from '../../given.ts';
import type { RuntimeOptions } from '../../graph/index.ts';
import type { ChosenSimilarity } from '../../loss/registry.ts';
import type { ChosenRegulariser } from '../../loss/regulariser/registry.ts';
import { freeUnused } from '../../memory.ts';
import type { Extent } from '../../network/displacement.ts';
import type { GridDisplacement } from '../../preparation/warpFromDisplacement.ts';
import type { Grid, Mask, Mat4, Volume } from '../../volume/grid.ts';
import { multiply } from '../../volume/matrix.ts';
import { gaussianSmoothed } from '../../volume/smooth.ts';
import { type Refined, type RefinedField, type RefineOptions, Refiner } from '../refine.ts';
import { levelVolume } from './levelVolume.ts';
import { gridOver, type Region } from './region.ts';
import { searchedField } from './search.ts';

/** One level of a pyramid. */
export interface Level {
  /** Edge of the voxels that the pair is compared on, in mm. */
  readonly spacing: number;
  /** Steps of Adam at most. */
  readonly steps: number;
}

/** How a pair is registered from coarse to fine. */
export interface PyramidOptions {
  /** From coarse to fine. */
  readonly levels: readonly Level[];
  readonly loss: ChosenSimilarity;
  /** `diffusion` when left out. */
  readonly regulariser?: ChosenRegulariser;
  /** λ, the weight of the regulariser. */
  readonly smoothness: number;
  /** Voxels between the points at which the velocity or displacement is held. */
  readonly control: number;
  /** Steps of scaling and squaring of a stationary velocity; 0: a displacement, which may fold. */
  readonly integrationSteps: number;
  /** Whether both volumes are moved to the middle; needs a velocity. */
  readonly symmetric?: boolean;
  /** Whether the coarsest level also begins from a discrete search ({@link searchedField}), and the better end is kept. */
  readonly search?: boolean;
  /** Adam's rate in voxels of a level a step. */
  readonly rate: number;
  /** Seed of the loss's random directions. */
  readonly seed: number;
  /** A level stops where ten steps bring less than this share of what it gained. */
  readonly leastGain: number;
}

/** A pair, normalised, on grids of any orientation and spacing. */
interface PyramidPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  /** [D, H, W] on each volume's own grid: above 0 where it counts; all of it when left out. */
  readonly fixedMask: Mask | undefined;
  readonly movingMask: Mask | undefined;
  /** The box in the fixed volume's space that is registered. */
  readonly region: Region;
  /** Where the moving volume starts: RAS mm, fixed point → moving point. */
  readonly start: Mat4;
}

/** A level as it was carried out: the steps that it took, and its loss at the first and last of them. */
export interface LevelDone extends Level {
  readonly lossBefore: number;
  readonly loss: number;
  /** That it began from a discrete search, whose end had the lower loss. */
  readonly searched?: true;
}

/** A displacement of the finest level, in the form of `GridDisplacement`, with that of its inverse. */
export interface PyramidResult {
  /** [3, D, H, W] in voxels. */
  readonly displacement: Float32Array;
  /** The displacement that undoes it, from voxels of the moving grid to those of the fixed one; only of a velocity. */
  readonly inverse?: Float32Array;
  readonly fixedGrid: Grid;
  readonly movingGrid: Grid;
  readonly levels: readonly LevelDone[];
  /** How often the velocity was smoothed in the end. */
  readonly smoothings: number;
}

/** What a pyramid is carried out with. */
interface PyramidMeans {
  readonly runtime?: RuntimeOptions | undefined;
  readonly progress?: PyramidProgress | undefined;
  /** Called after each level with what it came to. */
  readonly onLevel?: ((level: number, end: GridDisplacement) => void) | undefined;
  /** Whether the end is smooth enough; a velocity is smoothed until it is. */
  readonly isSmooth?: (end: GridDisplacement) => boolean;
}

/** Called after each step. */
export type PyramidProgress = (level: number, step: number, steps: number, loss: number) => void;

/** A level's refinement. */
export function levelOptions(options: PyramidOptions, steps: number): RefineOptions {
  const { levels: _, search: __, control: grid, ...shared } = options;
  return { ...shared, grid, steps, mask: true, balanced: true };
}

/** The extent of a grid's volumes, [D, H, W]. */
export function extentOfGrid({ size: [nx, ny, nz] }: Grid): Extent {
  return [nz, ny, nx];
}

/**
 * Registers a pair from coarse to fine. One velocity (or displacement) field is optimised on each level, and continues
 * from the level before. The volumes are smoothed and subsampled to the level's voxels.
 * @throws UserError when the loss is not a number, or there is no memory for a level
 */
export async function registerPyramid(
  pair: PyramidPair,
  options: PyramidOptions,
  { runtime = {}, progress, onLevel, isSmooth = () => true }: PyramidMeans = {},
): Promise<PyramidResult> {
  let field: RefinedField | undefined;
  let result: Omit<PyramidResult, 'levels' | 'smoothings'> | undefined;
  let smoothings = 0;
  const levels: PyramidResult['levels'][number][] = [];
  for (const [n, { spacing, steps }] of options.levels.entries()) {
    const fixedGrid = gridOver(pair.region, spacing);
    const movingGrid = { size: fixedGrid.size, affine: multiply(pair.start, fixedGrid.affine) };
    const refiner = await Refiner.create(levelOptions(options, steps), extentOfGrid(fixedGrid), runtime);
    try {
      const fixed = levelVolume(pair.fixed, pair.fixedMask, fixedGrid);
      const moving = levelVolume(pair.moving, pair.movingMask, movingGrid);
      const volumes = {
        fixed: fixed.values,
        moving: moving.values,
        fixedMask: fixed.mask,
        movingMask: moving.mask,
      };
      const usual = await refiner.refine({ ...volumes, ...given({ field }) }, (step, most, loss) =>
        progress?.(n, step, most, loss),
      );
      const other =
        options.search && n === 0
          ? await refiner.refine({
              ...volumes,
              field: await searchedField({ fixed, moving }, extentOfGrid(fixedGrid), runtime),
            })
          : undefined;
      const isSearched = other !== undefined && other.losses.at(-1)! < usual.losses.at(-1)!;
      const { losses, ...refined } = isSearched ? other : usual;
      let end: Omit<Refined, 'losses'> = refined;
      const isLast = n === options.levels.length - 1;
      while (isLast && end.inverse && smoothings < MOST_SMOOTHINGS && !isSmooth({ ...end, fixedGrid, movingGrid })) {
        end = await refiner.displacementOf(smoothedField(end.field));
        smoothings++;
      }
      field = end.field;
      result = { displacement: end.displacement, ...given({ inverse: end.inverse }), fixedGrid, movingGrid };
      onLevel?.(n, result);
      levels.push({
        spacing,
        steps: losses.length,
        lossBefore: losses[0]!,
        loss: losses[losses.length - 1]!,
        ...(isSearched ? { searched: true } : {}),
      });
    } finally {
      await refiner.release();
    }
    freeUnused(pair.fixed);
  }
  return { ...(result as Omit<PyramidResult, 'levels' | 'smoothings'>), levels, smoothings };
}

/** How often a velocity is smoothed at most. */
const MOST_SMOOTHINGS = 10;
/** SD of the Gaussian, in points that hold the velocity. */
const SMOOTHING = 0.7;

function smoothedField({ extent: [d, h, w], data }: RefinedField): Float32Array {
  const count = d * h * w;
  const out = new Float32Array(data.length);
  for (let c = 0; c < 3; c++)
    out.set(
      gaussianSmoothed(data.slice(c * count, (c + 1) * count), [w, h, d], [SMOOTHING, SMOOTHING, SMOOTHING]),
      c * count,
    );
  return out;
}
