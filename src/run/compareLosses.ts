import type { CasePair } from '../dataset/pairsCsv.ts';
import { type PreparedVolume, type Preprocessing, prepare } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import { readLabels, readVolume } from '../file/volumeFile.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { assertFits, chooseSimilarity } from '../loss/registry.ts';
import { mean } from '../metric/statistics.ts';
import type { Extent } from '../network/model.ts';
import { Refiner } from '../registration/refine.ts';
import { type PairMetrics, pairMetrics } from '../training/pairMetrics.ts';
import { RefinementJournal, type RefinementRecord } from './refinementJournal.ts';
import { filesOfPair, type PairList } from './registerPairs.ts';

/** A loss to compare. */
export interface LossMethod {
  /** As it was named, for instance `pswd patch=7 directions=16`. */
  readonly name: string;
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Weights of the smoothness penalty to choose from. */
  readonly weights: readonly number[];
}

/** Settings that all refinements of a comparison share. */
export interface ComparisonSettings {
  readonly preprocessing: Preprocessing;
  readonly steps: number;
  readonly grid: number;
  readonly rate: number;
  readonly seed: number;
}

/** What is compared, and where its results go. */
export interface ComparisonOptions {
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
  /** After each refinement; `known` says that it was done by an earlier run. */
  readonly onRefined?: (record: RefinementRecord, known: boolean, done: number, total: number) => void;
}

/** A loss with its chosen weight and what it did on the test pairs. */
export interface MethodResult {
  readonly method: LossMethod;
  readonly smoothness: number;
  /** Mean Dice over the tuning pairs for each weight; empty where there was no choice. */
  readonly tuning: readonly { readonly smoothness: number; readonly dice: number }[];
  /** One a test pair, in their order. */
  readonly pairs: readonly RefinementRecord[];
}

/** What a comparison gives. */
export interface Comparison {
  readonly settings: ComparisonSettings;
  /** The test pairs as they start. */
  readonly unregistered: readonly PairMetrics[];
  readonly results: readonly MethodResult[];
}

/**
 * Compares losses by instance refinement from no displacement: for each loss the smoothness weight with the best mean Dice on the tuning
 * pairs, then all test pairs with it.
 * @throws UserError when a pair has no labels, a pair is in both lists, or `out` holds a comparison with other settings
 */
export async function compareLosses(options: ComparisonOptions): Promise<Comparison> {
  const { methods, settings, tune, test, onRefined, signal } = options;
  assertApart(tune, test);
  assertDifferent(methods);
  const volumes = new PreparedPairs(settings.preprocessing);
  const { fixed } = await volumes.prepare(test, test.pairs[0] as CasePair);
  for (const { loss, options: own } of methods) assertFits(chooseSimilarity(loss, own), extentOf(fixed));
  const journal = await RefinementJournal.open(options.out, settings);
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
        const names = { method: method.name, smoothness, fixed: pair.fixed.id, moving: pair.moving.id };
        const known = journal.find(names);
        const record = known ?? { ...names, ...(await worker.refine(await volumes.prepare(list, pair))) };
        if (!known) await journal.add(record);
        records.push(record);
        onRefined?.(record, known !== undefined, ++done, total);
      }
    } finally {
      await worker.release();
    }
    return records;
  };

  const unregistered: PairMetrics[] = [];
  for (const pair of test.pairs) {
    const { fixed, moving } = await volumes.prepare(test, pair);
    unregistered.push(pairMetrics(fixed, moving, new Float32Array(3 * fixed.values.length)));
  }
  const results: MethodResult[] = [];
  for (const method of methods) {
    const tuning: { smoothness: number; dice: number }[] = [];
    if (method.weights.length > 1)
      for (const smoothness of method.weights) {
        const records = await refineAll(method, smoothness, tune);
        tuning.push({ smoothness, dice: mean(records.map(({ dice }) => dice)) });
      }
    const [best] = tuning.toSorted((a, b) => b.dice - a.dice);
    const smoothness = best?.smoothness ?? (method.weights[0] as number);
    results.push({ method, smoothness, tuning, pairs: await refineAll(method, smoothness, test) });
  }
  return { settings, unregistered, results };
}

/** Nothing that is reported may have been tuned on. */
function assertApart(tune: PairList, test: PairList): void {
  const seen = new Set(tune.pairs.flatMap(({ fixed, moving }) => [fixed.id, moving.id]));
  const shared = test.pairs.flatMap(({ fixed, moving }) => [fixed.id, moving.id]).find((id) => seen.has(id));
  if (shared !== undefined)
    throw new UserError(
      `The case "${shared}" is in the pairs to tune on and in those to report; take it out of one of the lists.`,
    );
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

/** One loss with one weight, compiled when the first pair needs it. */
class MethodRefiner {
  #refiner: Refiner | undefined;

  constructor(
    private readonly method: LossMethod,
    private readonly smoothness: number,
    private readonly settings: ComparisonSettings,
    private readonly runtime: RuntimeOptions | undefined,
  ) {}

  async refine({ fixed, moving }: PreparedPair): Promise<PairMetrics & { seconds: number }> {
    const { steps, grid, rate, seed } = this.settings;
    this.#refiner ??= await Refiner.create(
      {
        loss: chooseSimilarity(this.method.loss, this.method.options),
        smoothness: this.smoothness,
        mask: false,
        steps,
        grid,
        rate,
        seed,
      },
      extentOf(fixed),
      this.runtime,
    );
    const started = performance.now();
    const { displacement } = await this.#refiner.refine({ fixed: fixed.values, moving: moving.values });
    const seconds = (performance.now() - started) / 1000;
    return { ...pairMetrics(fixed, moving, displacement), seconds };
  }

  async release(): Promise<void> {
    await this.#refiner?.release();
  }
}

interface PreparedPair {
  readonly fixed: PreparedVolume;
  readonly moving: PreparedVolume;
}

/** Volumes as the losses see them, each read once. */
class PreparedPairs {
  readonly #volumes = new Map<string, PreparedVolume>();

  constructor(private readonly preprocessing: Preprocessing) {}

  async prepare(list: PairList, pair: CasePair): Promise<PreparedPair> {
    const files = await filesOfPair(list, pair);
    return {
      fixed: await this.#volume(pair.fixed.id, files.fixed, files.fixedLabels),
      moving: await this.#volume(pair.moving.id, files.moving, files.movingLabels),
    };
  }

  async #volume(id: string, image: string, labels: string | undefined): Promise<PreparedVolume> {
    const known = this.#volumes.get(id);
    if (known) return known;
    if (labels === undefined)
      throw new UserError(`${image} has no labels, and without them losses cannot be compared; give pairs that have.`);
    const volume = prepare(id, await readVolume(image), await readLabels(labels), this.preprocessing);
    this.#volumes.set(id, volume);
    return volume;
  }
}
