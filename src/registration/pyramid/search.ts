import { compile, Graph, type RuntimeOptions } from '../../graph/index.ts';
import { mind } from '../../loss/mind.ts';
import { selfSimilarityContext } from '../../neighbourhood/selfSimilarity.ts';
import type { Extent } from '../../network/displacement.ts';
import { mapTriple } from '../../triple.ts';
import { quickWhereSmall } from '../quickWhereSmall.ts';
import type { RefinedField } from '../refine.ts';

/** Two volumes of a level with where they count, all [D, H, W]. */
interface SearchedPair {
  readonly fixed: { readonly values: Float32Array; readonly mask: Float32Array };
  readonly moving: { readonly values: Float32Array; readonly mask: Float32Array };
}

/** Shifts reach so many voxels along each axis. */
const REACH = 5;
/** Voxels between the points whose shifts are sought. */
const STRIDE = 2;
/** How strongly a shift is held to its surroundings, round by round, for each squared voxel; see {@link settle}. */
const COUPLING = [0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;
const CHANNELS = 12;

/**
 * Looks at all shifts of up to {@link REACH} voxels at once, where steps along a slope stay in the next valley. What is
 * compared are the descriptors of MIND-SSC. The shifts of all points are then made smooth by coupled convex
 * optimisation (Heinrich et al., WBIR 2014; Siebert et al., ConvexAdam, 2021).
 * @param extent of the volumes
 * @returns voxel v of the fixed volume corresponds to voxel v + u(v) of the moving one: u on every second voxel
 */
export async function searchedField(
  { fixed, moving }: SearchedPair,
  extent: Extent,
  runtime: RuntimeOptions,
): Promise<RefinedField> {
  const described = await descriptors({ fixed: fixed.values, moving: moving.values }, extent, runtime);
  const points = mapTriple(extent, (n) => Math.max(1, Math.floor(n / STRIDE)));
  const costs = costsOf(
    { fixed: blockMeans(described.fixed, extent), moving: blockMeans(described.moving, extent) },
    { fixed: blockMeans(fixed.mask, extent), moving: blockMeans(moving.mask, extent) },
    extent,
    points,
  );
  return { extent: points, volumes: extent, data: settle(costs, points) };
}

/** MIND-SSC of both volumes, [12, D, H, W]. */
async function descriptors(
  values: { readonly fixed: Float32Array; readonly moving: Float32Array },
  extent: Extent,
  runtime: RuntimeOptions,
): Promise<{ readonly fixed: Float32Array; readonly moving: Float32Array }> {
  const graph = new Graph('descriptors');
  const settings = mind.options.parse({});
  const of = (name: string) => selfSimilarityContext(graph.input(name, [1, 1, ...extent]), settings);
  const program = await compile(graph, { a: of('fixed'), b: of('moving') }, quickWhereSmall(runtime, extent));
  try {
    const { a, b } = (await program.run(values)) as { a: Float32Array; b: Float32Array };
    return { fixed: a, moving: b };
  } finally {
    await program.release();
  }
}

/** The mean over the block of {@link STRIDE} voxels along each axis that begins at a voxel; the border continued. */
function blockMeans(data: Float32Array, extent: Extent): Float32Array {
  return alongAxes(data, extent, (_, here, after) => (here + after) / 2);
}

/** The mean over a point and its neighbours, 3³ of them; the border continued. */
function smoothed(field: Float32Array, extent: Extent): Float32Array {
  return alongAxes(field, extent, (before, here, after) => (before + here + after) / 3);
}

/** Replaces each value by what it and its neighbours along x come to, then along y and z; the border continued. */
function alongAxes(
  data: Float32Array,
  [depth, height, width]: Extent,
  of: (before: number, here: number, after: number) => number,
): Float32Array {
  let from = data;
  for (const [step, end] of [
    [1, width],
    [width, height],
    [width * height, depth],
  ] as const) {
    const to = new Float32Array(data.length);
    for (let n = 0; n < data.length; n++) {
      const at = Math.floor(n / step) % end;
      to[n] = of(from[at === 0 ? n : n - step]!, from[n]!, from[at === end - 1 ? n : n + step]!);
    }
    from = to;
  }
  return from;
}

const SIDE = 2 * REACH + 1;
/** All shifts in voxels, z, y, x; the shortest first, which a point without preference takes. */
const SHIFTS = Array.from(
  { length: SIDE ** 3 },
  (_, k) => [Math.floor(k / SIDE ** 2) - REACH, (Math.floor(k / SIDE) % SIDE) - REACH, (k % SIDE) - REACH] as const,
).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

/**
 * What each shift costs at each point: the mean squared difference of the descriptors. A point that does not count has
 * no preference. A shift to where nothing counts costs as much as the point's usual one.
 * @returns [points, shifts]
 */
function costsOf(
  means: { readonly fixed: Float32Array; readonly moving: Float32Array },
  masks: { readonly fixed: Float32Array; readonly moving: Float32Array },
  [depth, height, width]: Extent,
  [pd, ph, pw]: Extent,
): Float32Array {
  const voxels = depth * height * width;
  const count = SHIFTS.length;
  const costs = new Float32Array(pd * ph * pw * count);
  const own = new Float64Array(CHANNELS);
  for (let k = 0, p = 0; k < pd; k++)
    for (let j = 0; j < ph; j++)
      for (let i = 0; i < pw; i++, p++) {
        const at = STRIDE * i + width * (STRIDE * j + height * STRIDE * k);
        if (masks.fixed[at]! < 0.5) continue;
        for (let c = 0; c < CHANNELS; c++) own[c] = means.fixed[at + c * voxels]!;
        let [sum, known] = [0, 0];
        for (let s = 0; s < count; s++) {
          const [dz, dy, dx] = SHIFTS[s]!;
          const [z, y, x] = [STRIDE * k + dz, STRIDE * j + dy, STRIDE * i + dx];
          const to = x + width * (y + height * z);
          const isIn = x >= 0 && y >= 0 && z >= 0 && x < width && y < height && z < depth && masks.moving[to]! >= 0.5;
          if (!isIn) {
            costs[p * count + s] = Number.NaN;
            continue;
          }
          let squares = 0;
          for (let c = 0; c < CHANNELS; c++) squares += (own[c]! - means.moving[to + c * voxels]!) ** 2;
          costs[p * count + s] = squares / CHANNELS;
          sum += squares / CHANNELS;
          known++;
        }
        const usual = known > 0 ? sum / known : 0;
        for (let s = p * count; s < (p + 1) * count; s++) if (Number.isNaN(costs[s])) costs[s] = usual;
      }
  return costs;
}

/**
 * The shift of each point: it trades its own cost against the squared distance from the smoothed shifts of the round
 * before, which counts more from round to round. What a squared voxel weighs goes by how much costs differ at a point.
 * @returns [3, points], components z, y, x in voxels, smooth
 */
function settle(costs: Float32Array, points: Extent): Float32Array {
  const voxels = points[0] * points[1] * points[2];
  const count = SHIFTS.length;
  let contrast = 0;
  for (let p = 0; p < voxels; p++) {
    let [least, sum] = [Number.POSITIVE_INFINITY, 0];
    for (let s = p * count; s < (p + 1) * count; s++) {
      least = Math.min(least, costs[s]!);
      sum += costs[s]!;
    }
    contrast += sum / count - least;
  }
  const scale = contrast / voxels;
  let field: Float32Array = new Float32Array(3 * voxels);
  for (const weight of [0, ...COUPLING]) {
    const next = new Float32Array(3 * voxels);
    for (let p = 0; p < voxels; p++) {
      const [z, y, x] = [field[p]!, field[p + voxels]!, field[p + 2 * voxels]!];
      let [best, least] = [0, Number.POSITIVE_INFINITY];
      for (let s = 0; s < count; s++) {
        const [dz, dy, dx] = SHIFTS[s]!;
        const apart = (dz - z) ** 2 + (dy - y) ** 2 + (dx - x) ** 2;
        const cost = costs[p * count + s]! + weight * scale * apart;
        if (cost < least) [best, least] = [s, cost];
      }
      SHIFTS[best]!.forEach((shift, c) => {
        next[p + c * voxels] = shift;
      });
    }
    field = smoothed(next, points);
  }
  return smoothed(field, points);
}
