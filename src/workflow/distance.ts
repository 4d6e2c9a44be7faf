import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readVolume } from '../file/volumeFile.ts';
import { compile, Graph, type RuntimeOptions } from '../graph/index.ts';
import { filtered } from '../loss/filters.ts';
import { buildSimilarity, type ChosenSimilarity } from '../loss/registry.ts';
import { RandomInputs } from '../loss/similarity.ts';
import type { WassersteinOptions } from '../loss/wasserstein/options.ts';
import {
  type BoxProjection,
  patchMap,
  type WassersteinProfile,
  wassersteinOptions,
  wassersteinProfile,
} from '../loss/wasserstein/profile.ts';
import { positionUnit } from '../loss/wasserstein/units.ts';
import { patchGrid } from '../loss/wasserstein/wasserstein.ts';
import { mean, standardDeviation } from '../metric/statistics.ts';
import { objectiveSchema } from '../objective/settings.ts';
import { lossProfile, type ProfileDirection } from '../report/loss/lossProfile.ts';
import { assertSameGrid } from '../volume/checks.ts';
import type { Vec3, Volume } from '../volume/grid.ts';
import { minmax, percentile, zscore } from '../volume/normalise.ts';

/** What the intensities are mapped to before the loss sees them; `none` leaves them as they are. */
const NORMALISATIONS = {
  zscore: { map: zscore, words: 'z-scored intensities' },
  minmax: { map: minmax, words: 'intensities from 0 to 1' },
  percentile: {
    map: (volume: Volume) => percentile(volume, 1, 99),
    words: 'intensities from 0 to 1 (percentiles 1, 99)',
  },
  none: { map: (volume: Volume) => volume, words: 'intensities as they are' },
} as const;
type Normalisation = keyof typeof NORMALISATIONS;

/** Two files, A and B. */
interface DistanceFiles {
  readonly fixed: string;
  readonly moved: string;
}

/** What a distance can be told. Texts are those of the command line. */
export const distanceSchema = z.strictObject({
  loss: objectiveSchema.shape.loss.default('pswd'),
  lossOptions: objectiveSchema.shape.lossOptions,
  normalise: z
    .enum(Object.keys(NORMALISATIONS) as Normalisation[])
    .default('zscore')
    .describe('how intensities are normalised: zscore, minmax, percentile or none')
    .meta({ placeholder: 'how' }),
  seed: z.int().min(0).default(1).describe("seed of the loss's random directions"),
  draws: z.int().positive().default(4).describe('number of draws of random directions, from --seed on'),
});

/** Which loss, and how it is evaluated. */
interface DistanceSettings {
  readonly loss: ChosenSimilarity;
  readonly normalise: Normalisation;
  readonly seed: number;
  /** Draws of random directions for the sampling error. */
  readonly draws: number;
  readonly runtime: RuntimeOptions;
}

/** The value of a loss between two volumes. */
export interface Distance {
  readonly loss: string;
  /** All options, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What both volumes went through before the loss saw them, with its settings; null for nothing. */
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly normalise: Normalisation;
  readonly seed: number;
  readonly value: number;
  readonly unit: string | null;
  /** Voxels that one unit is long, where it is a length of boxes of one size. */
  readonly unitVoxels: number | null;
  /** Values for the seed and those that follow it; none for a loss without random directions. */
  readonly sampling: { readonly draws: number; readonly mean: number; readonly standardError: number } | null;
  /** For evaluating the loss, all draws included. */
  readonly seconds: number;
}

/** Two volumes as the loss sees them, with its value. */
interface MeasuredPair {
  readonly fixed: Volume;
  readonly moved: Volume;
  readonly loss: ChosenSimilarity;
  readonly distance: Distance;
  /** Values of the loss's random inputs for the seed. */
  readonly random: Readonly<Record<string, Float32Array>>;
}

/**
 * Evaluates a loss between two files in one grid.
 * @param onDraw hears of each draw of random directions that is done
 * @throws UserError for unsuitable files, different grids, and patches that do not fit
 */
export async function measureDistance(
  files: DistanceFiles,
  { loss, normalise, seed, draws, runtime }: DistanceSettings,
  onDraw?: (done: number) => void,
): Promise<MeasuredPair> {
  const images = { fixed: await readVolume(files.fixed), moved: await readVolume(files.moved) };
  assertSameGrid(images.fixed, images.moved, files.fixed, files.moved);
  const options = wassersteinOptions(loss);
  const { map } = NORMALISATIONS[normalise];
  const volumes = { fixed: map(images.fixed), moved: map(images.moved) };

  const started = performance.now();
  const graph = new Graph(loss.similarity.name);
  const shape = [1, 1, ...extentOf(volumes.fixed)];
  const moved = graph.input('moved', shape);
  const fixed = graph.input('fixed', shape);
  const random = new RandomInputs(graph);
  const program = await compile(graph, { value: buildSimilarity(loss, moved, fixed, random) }, runtime);
  const drawn = random.values(seed, 0);
  const isRandom = Object.keys(drawn).length > 0;
  const values: number[] = [];
  for (let draw = 0; draw < (isRandom ? draws : 1); draw++) {
    const out = await program.run({
      moved: volumes.moved.data,
      fixed: volumes.fixed.data,
      ...random.values(seed + draw, 0),
    });
    values.push(out.value?.[0] as number);
    onDraw?.(values.length);
  }
  await program.release();
  const { name: filter, settings } = loss.filter;
  return {
    ...(filter === 'none' ? volumes : await seenBy(loss, volumes, runtime)),
    loss,
    random: drawn,
    distance: {
      loss: loss.similarity.name,
      options: options
        ? { ...options, stride: options.patch.map((_, i) => patchGrid(options, i)?.stride ?? null) }
        : loss.options,
      filter: filter === 'none' ? null : { name: filter, ...settings },
      normalise,
      seed,
      value: values[0]!,
      unit: loss.similarity.unit?.(loss.options) ?? null,
      unitVoxels: options ? unitVoxels(options, volumes.fixed) : null,
      sampling: isRandom
        ? {
            draws: values.length,
            mean: mean(values),
            standardError: standardDeviation(values) / Math.sqrt(values.length),
          }
        : null,
      seconds: (performance.now() - started) / 1000,
    },
  };
}

interface Volumes {
  readonly fixed: Volume;
  readonly moved: Volume;
}

/** Both volumes behind the filter of a loss. */
async function seenBy(
  { filter }: ChosenSimilarity,
  { fixed, moved }: Volumes,
  runtime: RuntimeOptions,
): Promise<Volumes> {
  const graph = new Graph('filter');
  const seen = filtered(graph.input('volume', [1, 1, ...extentOf(fixed)]), filter);
  const program = await compile(graph, { seen }, runtime);
  const through = async (volume: Volume): Promise<Volume> => ({
    ...volume,
    data: (await program.run({ volume: volume.data })).seen as Float32Array,
  });
  const both = { fixed: await through(fixed), moved: await through(moved) };
  await program.release();
  return both;
}

/**
 * What the loss sees of a pair, as an SVG; of several patch sizes the first.
 * @throws UserError for a loss that projects nothing
 */
export async function profileFigure(
  pair: MeasuredPair,
  files: DistanceFiles,
  runtime: RuntimeOptions,
): Promise<string> {
  const options = profileOptions(pair.loss);
  const { fixed, moved, distance } = pair;
  const profile = await wassersteinProfile(
    { moved: moved.data, fixed: fixed.data, extent: extentOf(fixed) },
    options,
    pair.random,
    0,
    runtime,
  );
  const grid = patchGrid(options, 0);
  const { sampling, seed } = distance;
  const drawn = !sampling
    ? ''
    : sampling.draws > 1
      ? `; mean ± standard error over ${sampling.draws} draws of directions from seed ${seed}`
      : `; seed ${seed}`;
  const telling = profile.starts[profile.telling] as readonly [number, number, number];
  return lossProfile({
    title: `${distance.loss} = ${sentenceOf(distance)}`,
    subtitle: `${describe(options)}; ${seenWords(distance)}${drawn}`,
    fixed: { name: basename(files.fixed), volume: fixed },
    moved: { name: basename(files.moved), volume: moved },
    ...(grid
      ? {
          map: {
            values: patchMap(profile, extentOf(fixed)),
            unit: distance.unit ?? '',
            patch: { first: fromArrayAxes(telling), edge: grid.size },
          },
        }
      : {}),
    subject: grid ? 'Patch with the largest distance' : 'Whole volume',
    distance: profile.distances[profile.telling]!,
    directions: profile.directions,
    dimensions: profile.projections[0]?.direction.length ?? 1,
    positionUnit: positionUnit(options),
    order: options.order,
    shown: profile.projections.map((projection) => shownDirection(projection, profile)),
  });
}

/**
 * The options of a loss that can be drawn.
 * @throws UserError for a loss that projects nothing
 */
export function profileOptions(loss: ChosenSimilarity): WassersteinOptions {
  const options = wassersteinOptions(loss);
  if (!options)
    throw new UserError(
      `The loss "${loss.similarity.name}" has no projections to draw; --profile needs swd, radon or pswd.`,
    );
  return options;
}

/** What the loss sees: `z-scored intensities, through the filter "local"`. */
export function seenWords({ normalise, filter }: Distance): string {
  const { words } = NORMALISATIONS[normalise];
  return filter ? `${words}, through the filter "${filter.name}"` : words;
}

/**
 * The value, mean over draws, with its sampling error and unit. A length is said in voxels first:
 * `0.0686 ± 0.0006 voxels (0.01372 half edge lengths of a patch)`.
 */
export function sentenceOf({ value, unit, unitVoxels, sampling }: Distance): string {
  const centre = sampling?.mean ?? value;
  const scale = unitVoxels ?? 1;
  const number = sampling ? withError(centre * scale, sampling.standardError * scale) : significant(centre * scale, 4);
  if (unitVoxels === null) return unit === null ? number : `${number} ${unit}`;
  return `${number} voxels (${significant(centre, 4)}${unit === null ? '' : ` ${unit}`})`;
}

function significant(value: number, digits: number): string {
  return value === 0 ? '0' : value.toPrecision(digits).replace('-', '−');
}

/** A number down to the second digit of its error. */
function withError(value: number, error: number): string {
  if (!(error > 0)) return significant(value, 4);
  const decimals = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(decimals).replace('-', '−')} ± ${error.toFixed(decimals)}`;
}

/** Extent along the array axes z, y and x. */
function extentOf({ size: [nx, ny, nz] }: Volume): [number, number, number] {
  return [nz, ny, nx];
}

/** Array axes z, y, x → x, y, z. */
function fromArrayAxes([z, y, x]: readonly number[]): Vec3 {
  return [x!, y!, z!];
}

/** Half the edge of the boxes in voxels, where that is the unit. */
function unitVoxels({ embedding, order, patch }: WassersteinOptions, { size }: Volume): number | null {
  if (embedding !== 'mass' || order !== 1 || patch.length > 1) return null;
  return ((patch[0] || Math.max(...size)) - 1) / 2;
}

function describe(options: WassersteinOptions): string {
  const boxes = options.patch.map((edge, scale) => {
    const grid = patchGrid(options, scale);
    return grid ? `patches ${edge}³ at stride ${grid.stride}` : 'the volume';
  });
  const embedded = {
    mass: `as masses in ${options.bins} bins`,
    lines: 'as sets of scan lines',
    rows: `as sets of rows of ${options.row} voxels`,
    points: 'as sets of voxels with position and intensity',
    scalars: 'as sets of intensities',
  }[options.embedding];
  const which = boxes.length > 1 ? ', the first of them drawn' : '';
  return `${boxes.join(' and ')}${which}, ${embedded}; ${options.order === 1 ? 'W₁' : 'W₂²'}`;
}

function shownDirection(projection: BoxProjection, profile: WassersteinProfile): ProfileDirection {
  const { embedding } = profile.options;
  const { fixed, moved, distance, direction, rank } = projection;
  return {
    name: profile.directions > 1 ? rank : '',
    distance,
    ...(embedding === 'mass' || embedding === 'points' ? { vector: fromArrayAxes(direction) } : {}),
    ...(embedding === 'points' ? { words: `intensity ${direction[3]!.toFixed(2).replace('-', '−')}` } : {}),
    projected:
      profile.binWidth === undefined
        ? { kind: 'points', fixed, moved }
        : { kind: 'masses', fixed, moved, width: profile.binWidth },
  };
}
