import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Case } from '../../dataset/dataset.ts';
import type { CasePair } from '../../dataset/pairsCsv.ts';
import type { Synthetic } from '../../dataset/synthetic.ts';
import { UserError } from '../../errors.ts';
import { given } from '../../given.ts';
import type { RuntimeOptions } from '../../graph/index.ts';
import { assertFits, chooseSimilarity } from '../../loss/registry.ts';
import type { Measure } from '../../metric/measure.ts';
import { headlines, type Values, valueIn } from '../../metric/measures.ts';
import { mean } from '../../metric/statistics.ts';
import type { Extent } from '../../network/displacement.ts';
import { type PreparedVolume, type Preprocessing, prepareCase } from '../../preparation/preprocessing.ts';
import { Refiner } from '../../registration/refine.ts';
import { pairMetrics } from '../../training/pairMetrics.ts';
import { type Origin, scansOf, threadsOf } from '../../workflow/origin.ts';
import { readCase } from '../../workflow/readImage.ts';
import { filesOfPair, type PairList } from '../../workflow/registerPairs.ts';
import { type ComparisonSettings, RefinementJournal, type RefinementRecord } from '../folder/refinementJournal.ts';

/** A loss to compare. */
export interface LossMethod {
  /** As it was named, for instance `pswd patch=7 directions=16`. */
  readonly name: string;
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Weights of the smoothness penalty to choose from. */
  readonly weights: readonly number[];
}

/** What is compared, and where its results go. */
interface ComparisonOptions {
  readonly methods: readonly LossMethod[];
  readonly settings: ComparisonSettings;
  /** Pairs on which the weights are chosen. */
  readonly tune: PairList;
  /** Pairs that are reported. */
  readonly test: PairList;
  /** Folder of the {@link RefinementJournal}; a comparison that was interrupted goes on. */
  readonly out: string;
  readonly runtime?: RuntimeOptions;
  readonly signal?: AbortSignal;
  /** What is not as it was when the comparison was left, in a sentence. */
  readonly onNote?: (sentence: string) => void;
  /** After each refinement; `known` says that it was done by an earlier run. */
  readonly onRefined?: (record: RefinementRecord, known: boolean, done: number, total: number) => void;
}

/** A loss with its chosen weight and what it did on the test pairs. */
export interface MethodResult {
  readonly method: LossMethod;
  readonly smoothness: number;
  /** Mean over the tuning pairs of what the comparison judges by, for each weight; empty where there was no choice. */
  readonly tuning: readonly { readonly smoothness: number; readonly score: number }[];
  /** One a test pair, in their order. */
  readonly pairs: readonly RefinementRecord[];
}

/** What a comparison gives. */
export interface Comparison {
  readonly settings: ComparisonSettings;
  /** The key of the measure that losses are judged by: of landmarks where every pair has them, else of labels. */
  readonly judge: string;
  /** Where the data are made, how. */
  readonly synthetic?: Synthetic;
  /** The test pairs as they start. */
  readonly unregistered: readonly Values[];
  readonly results: readonly MethodResult[];
}

/**
 * Compares losses by refinement of single pairs from no displacement. For each loss it finds the smoothness weight with
 * the best mean landmark distance or Dice on the tuning pairs. Then it refines all test pairs with it.
 * @throws UserError when pairs have neither labels nor landmarks, a case is in both lists, or `out` holds a comparison
 * with other settings or scans
 */
export async function compareLosses(options: ComparisonOptions): Promise<Comparison> {
  const { methods, settings, tune, test, onRefined, signal } = options;
  assertApart(tune, test);
  assertDifferent(methods);
  const volumes = new PreparedPairs(settings.preprocessing);
  const unregistered: Values[] = [];
  for (const pair of test.pairs) {
    await turn();
    signal?.throwIfAborted();
    const { fixed, moving } = await volumes.prepare(test, pair);
    for (const { loss, options: own } of methods) assertFits(chooseSimilarity(loss, own), extentOf(fixed));
    unregistered.push(pairMetrics(fixed, moving, undefined));
  }
  const judge = await judgeOf(volumes, [test, tune], signal);
  const scans = { ...(await scansOfPairs(tune, signal)), ...(await scansOfPairs(test, signal)) };
  const origin = { ...threadsOf(options.runtime?.threads), scans };
  const journal = await RefinementJournal.open(options.out, settings, origin, options.onNote);
  const total = methods.reduce(
    (sum, { weights }) => sum + (weights.length > 1 ? weights.length * tune.pairs.length : 0) + test.pairs.length,
    0,
  );
  let done = 0;
  const refineAll = async (method: LossMethod, smoothness: number, list: PairList): Promise<RefinementRecord[]> => {
    const worker = new MethodRefiner(method, smoothness, settings, options.runtime);
    const records: RefinementRecord[] = [];
    try {
      for (const pair of list.pairs) {
        signal?.throwIfAborted();
        const prepared = await volumes.prepare(list, pair);
        const names = {
          ...{ method: method.name, smoothness, fixed: pair.fixed.id, moving: pair.moving.id },
          scans: volumes.digest(prepared.fixed) + volumes.digest(prepared.moving),
        };
        const known = journal.find(names);
        const record = known ?? { ...names, ...(await worker.refine(prepared, signal)) };
        if (!known) await journal.add(record);
        records.push(record);
        onRefined?.(record, known !== undefined, ++done, total);
      }
    } finally {
      await worker.release();
    }
    return records;
  };

  const results: MethodResult[] = [];
  for (const method of methods) {
    const tuning: { smoothness: number; score: number }[] = [];
    if (method.weights.length > 1)
      for (const smoothness of method.weights) {
        const records = await refineAll(method, smoothness, tune);
        tuning.push({ smoothness, score: mean(records.map((record) => valueIn(record, judge.key))) });
      }
    const [best] = tuning.toSorted((a, b) => (judge.better === 'less' ? a.score - b.score : b.score - a.score));
    const smoothness = best?.smoothness ?? method.weights[0]!;
    results.push({ method, smoothness, tuning, pairs: await refineAll(method, smoothness, test) });
  }
  const { synthetic } = test.dataset;
  return { settings, judge: judge.key, ...given({ synthetic }), unregistered, results };
}

/** @throws UserError when the pairs can be judged by nothing that all of them have */
async function judgeOf(
  volumes: PreparedPairs,
  lists: readonly PairList[],
  signal: AbortSignal | undefined,
): Promise<Measure> {
  let [landmarks, labels] = [true, true];
  for (const list of lists)
    for (const pair of list.pairs) {
      await turn();
      signal?.throwIfAborted();
      const { fixed, moving } = await volumes.prepare(list, pair);
      landmarks &&= fixed.landmarks !== undefined && moving.landmarks !== undefined;
      labels &&= fixed.labels !== undefined && moving.labels !== undefined;
      if (!landmarks && !labels)
        throw new UserError(
          `${pair.moving.id} onto ${pair.fixed.id} cannot be compared with the others: either all images of all pairs need labels, or all need landmarks; give such pairs.`,
        );
    }
  const needed = landmarks ? 'landmarks' : 'labels';
  return headlines().find(({ needs }) => needs === needed) as Measure;
}

/** Size and hash of the files of a list's pairs. */
async function scansOfPairs(list: PairList, signal: AbortSignal | undefined): Promise<Origin['scans']> {
  const cases: Case[] = [];
  for (const pair of list.pairs) {
    const { fixedLabels, movingLabels } = await filesOfPair(list, pair);
    cases.push({ ...pair.fixed, ...given({ labels: fixedLabels }) });
    if (pair.moving.id !== pair.fixed.id) cases.push({ ...pair.moving, ...given({ labels: movingLabels }) });
  }
  return scansOf(list.dataset, cases, signal);
}

/** Nothing that is reported may have been tuned on. */
function assertApart(tune: PairList, test: PairList): void {
  const seen = new Set(tune.pairs.flatMap(({ fixed, moving }) => [fixed.image, moving.image]));
  const shared = test.pairs.flatMap(({ fixed, moving }) => [fixed, moving]).find(({ image }) => seen.has(image));
  if (shared !== undefined)
    throw new UserError(`The case "${shared.id}" is in both lists, --pairs and --tune; remove it from one of them.`);
}

/** A loss is compared with others, not with itself. */
function assertDifferent(methods: readonly LossMethod[]): void {
  const names = methods.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`The loss "${twice}" is given twice; leave one out.`);
}

function extentOf({ grid: { size } }: PreparedVolume): Extent {
  return [size[2], size[1], size[0]];
}

/** One loss with one weight, compiled for an extent when a pair needs it. */
class MethodRefiner {
  readonly #refiners = new Map<string, Refiner>();

  constructor(
    private readonly method: LossMethod,
    private readonly smoothness: number,
    private readonly settings: ComparisonSettings,
    private readonly runtime: RuntimeOptions | undefined,
  ) {}

  async refine(
    { fixed, moving }: PreparedPair,
    signal: AbortSignal | undefined,
  ): Promise<Values & { seconds: number }> {
    const refiner = await this.#refinerFor(extentOf(fixed));
    const masks = this.settings.mask ? { fixedMask: fixed.mask, movingMask: moving.mask } : {};
    const started = performance.now();
    const { displacement } = await refiner.refine({ fixed: fixed.values, moving: moving.values, ...masks }, () =>
      signal?.throwIfAborted(),
    );
    const seconds = (performance.now() - started) / 1000;
    return { ...pairMetrics(fixed, moving, displacement), seconds };
  }

  async #refinerFor(extent: Extent): Promise<Refiner> {
    const known = this.#refiners.get(extent.join());
    if (known) return known;
    const { steps, grid, rate, seed, mask } = this.settings;
    const loss = chooseSimilarity(this.method.loss, this.method.options);
    const { smoothness } = this;
    const refiner = await Refiner.create({ loss, smoothness, mask, steps, grid, rate, seed }, extent, this.runtime);
    this.#refiners.set(extent.join(), refiner);
    return refiner;
  }

  async release(): Promise<void> {
    for (const refiner of this.#refiners.values()) await refiner.release();
  }
}

interface PreparedPair {
  readonly fixed: PreparedVolume;
  readonly moving: PreparedVolume;
}

/** Volumes as the losses see them, each read once. */
class PreparedPairs {
  readonly #volumes = new Map<string, PreparedVolume>();
  readonly #digests = new WeakMap<PreparedVolume, string>();

  constructor(private readonly preprocessing: Preprocessing) {}

  /** Two cases, each on its own grid, or the two images of one, where the world coordinates put them. */
  async prepare(list: PairList, { fixed, moving }: CasePair): Promise<PreparedPair> {
    const prepared = await this.#volume(list, fixed);
    if (prepared.moving) {
      if (fixed.id !== moving.id)
        throw new UserError(
          `${fixed.id} and ${moving.id} have two images each; name the same case as fixed and as moving, to register its two images.`,
        );
      return { fixed: prepared, moving: prepared.moving };
    }
    const other = await this.#volume(list, moving);
    assertSameSize(prepared, other);
    return { fixed: prepared, moving: other };
  }

  /** Tells volumes apart by all that is compared of them: voxels, labels and landmarks. */
  digest(volume: PreparedVolume): string {
    const known = this.#digests.get(volume);
    if (known !== undefined) return known;
    const { values, mask, labels, landmarks, grid } = volume;
    const hash = createHash('sha256').update(JSON.stringify([grid, landmarks]));
    for (const { buffer, byteOffset, byteLength } of labels ? [values, mask, labels] : [values, mask])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    const digest = hash.digest('hex').slice(0, 16);
    this.#digests.set(volume, digest);
    return digest;
  }

  async #volume(list: PairList, own: Case): Promise<PreparedVolume> {
    const key = JSON.stringify([own.image, own.labels]);
    const known = this.#volumes.get(key);
    if (known) return known;
    const { fixedLabels } = await filesOfPair(list, { fixed: own, moving: own });
    const read = await readCase({ ...own, ...given({ labels: fixedLabels }) });
    const volume = prepareCase(own.id, read, this.preprocessing, 'world');
    this.#volumes.set(key, volume);
    return volume;
  }
}

/** @throws UserError when two scans fill grids of different sizes */
function assertSameSize(a: PreparedVolume, b: PreparedVolume): void {
  const [first, second] = [a, b].map(({ grid }) => grid.size.join(' × '));
  if (first !== second)
    throw new UserError(
      `${b.id} fills ${second} voxels where ${a.id} fills ${first}; raise --pad so that every scan fits.`,
    );
}
