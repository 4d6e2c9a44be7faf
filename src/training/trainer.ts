import { fixedPairs, ownPairs, type Pair, trainingOwnPairs, trainingPairs } from '../dataset/pairs.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { compile, fastestFeatures, type Program, type RuntimeOptions, withinMemory } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { chooseRegulariser } from '../loss/regulariser/registry.ts';
import type { RandomInputs } from '../loss/similarity.ts';
import { isWatched, storable, type Values } from '../metric/measures.ts';
import type { ModelStage } from '../network/model.ts';
import { initialParameters } from '../network/parameters.ts';
import { networkParameters } from '../network/registry.ts';
import { defaultWeight } from '../objective/objective.ts';
import { type Optimiser, optimiserValues } from '../optimise/optimiser.ts';
import { chooseOptimiser } from '../optimise/registry.ts';
import { scheduledRate } from '../optimise/schedule.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';
import { augmented, augments, type PreparedPair } from './augmentation.ts';
import { averaged, freshState, keptWeights, type TrainingState } from './checkpoint.ts';
import { networkOf, type TrainingConfig } from './configuration.ts';
import { followStopping, improvesLast, type Stopping, type StoppingRule } from './earlyStopping.ts';
import type { EpochRecord } from './epochRecord.ts';
import { meanMetrics, pairMetrics } from './pairMetrics.ts';
import { type TrainingGraphOptions, trainingStep, validationStep } from './stepGraph.ts';
import { type Supervision, supervisionOf, supervisionValues } from './supervision.ts';

export type { EpochRecord };

/** What the caller keeps and shows. */
export interface TrainingObserver {
  /**
   * After each step; the next waits for it. `done` and `total` count the epoch's pairs, training and validation
   * together.
   */
  progress?(epoch: number, done: number, total: number, loss: number): void | Promise<void>;
  /** After each validation pair: the displacement that the network gives it, [3, D, H, W] in voxels. */
  registered?(place: number, pair: PreparedPair, displacement: Float32Array): void;
  /** After each epoch, before the next begins: the place to write a checkpoint. */
  epochDone?(record: EpochRecord, state: TrainingState): void | Promise<void>;
}

/** The volumes of a training run, each prepared. */
export interface TrainingData {
  readonly train: readonly PreparedVolume[];
  readonly validation: readonly PreparedVolume[];
}

/** Why a run ended. */
export type StopReason = 'epochs' | 'patience' | 'aborted';

/** Options of {@link train}. */
interface TrainOptions {
  readonly config: TrainingConfig;
  readonly data: TrainingData;
  /** Trained networks that align each pair first and stay as they are. */
  readonly before?: readonly ModelStage[];
  /** The pair of a step, from 1, in place of one of the training cases: labels as in those. */
  readonly fresh?: (step: number) => PreparedPair;
  /** Weights to begin with, in place of random ones. */
  readonly initial?: Float32Array;
  /** State to go on from. */
  readonly resume?: TrainingState;
  readonly observer?: TrainingObserver;
  readonly runtime?: RuntimeOptions;
  /** Stops after the step or the validation pair under way; the epoch under way is lost. */
  readonly signal?: AbortSignal;
}

/**
 * What a training with these settings builds on grids of an extent, [D, H, W].
 * @param supervision what is learnt from beside the images
 */
export async function graphOptions(
  config: TrainingConfig,
  extent: readonly [number, number, number],
  supervision: Supervision | undefined,
  before: readonly ModelStage[],
  { device }: RuntimeOptions,
): Promise<TrainingGraphOptions> {
  const loss = chooseSimilarity(config.loss, config.lossOptions);
  const regulariser = chooseRegulariser(config.regulariser, config.regulariserOptions);
  return {
    network: networkOf(config),
    before,
    loss,
    mask: config.mask,
    symmetric: config.symmetric,
    gathers: config.batch > 1,
    similarityWeight: config.similarityWeight,
    ...given({ supervision, supervisionWeight: config.superviseWeight }),
    optimiser: chooseOptimiser(config.optimiser),
    ...given({ clipGradient: config.clipGradient, clipGradientRatio: config.clipGradientRatio }),
    regulariser,
    smoothness: config.smoothness ?? defaultWeight(loss, 'network', regulariser),
    extent,
    features: await fastestFeatures(device),
  };
}

/**
 * Trains a registration network by an optimiser, Adam by default, on random pairs. The loss is similarity + λ ·
 * regulariser, and the soft Dice of labels if they supervise. Training stops early by the validation loss. Without
 * that, labels are only measured.
 *
 * @returns the final state and why training stopped
 * @throws UserError when the loss is not finite or grows without bound
 */
export async function train(options: TrainOptions): Promise<{ state: TrainingState; reason: StopReason }> {
  const { config, data, observer = {}, runtime = {}, signal, fresh } = options;
  const { extent, volumes } = checkData(data);
  const specs = networkParameters(networkOf(config), config.flowDeviation);
  const supervision = supervisionOf(config.supervise, data.train);
  const objective = await graphOptions(config, extent, supervision, options.before ?? [], runtime);
  const optimiser = chooseOptimiser(config.optimiser);
  const stepGraph = trainingStep(objective);
  const checkGraph = validationStep(objective);
  const state =
    options.resume ??
    freshState(options.initial ?? initialParameters(specs, config.seed), optimiser, config.averaging > 0);
  if (signal?.aborted) return { state, reason: 'aborted' };
  const step = withinMemory(stepGraph.graph, stepGraph.outputs, runtime);
  const stepProgram = await compile(step.graph, step.outputs, { ...runtime, mergeEqual: step.repeated === 0 });
  const checkProgram = await compile(checkGraph.graph, checkGraph.outputs, runtime);

  const trainIds = data.train.map(({ id }) => id);
  const validationIds = data.validation.map(({ id }) => id);
  const isPaired = data.train[0]?.moving !== undefined;
  const validationIdPairs = isPaired
    ? ownPairs(validationIds)
    : fixedPairs(validationIds, config.splitSeed ?? config.seed, 'validation');
  const validationPairs = validationIdPairs.map((pair) => volumesOf(volumes, pair));
  const check = (
    progress: (done: number, loss: number) => void | Promise<void>,
  ): Promise<ValidationResult | undefined> =>
    validate(
      checkProgram,
      checkGraph.random,
      keptWeights(state),
      validationPairs,
      supervision,
      config,
      observer,
      async (done, value) => {
        await progress(done, value);
        return signal?.aborted ?? false;
      },
    );
  try {
    if (signal?.aborted) return { state, reason: 'aborted' };
    if (state.losses.length === 0) {
      const start = await check(() => undefined);
      if (!start) return { state, reason: 'aborted' };
      state.losses = [start.loss];
    }
    while (state.epoch < config.epochs) {
      if (hasStopped(state.losses, config)) return { state, reason: 'patience' };
      const started = performance.now();
      const epoch = state.epoch + 1;
      const pairs = epochPairs(trainIds, config, epoch, isPaired ? trainingOwnPairs : trainingPairs);
      const total = pairs.length + validationPairs.length;
      const sums = { loss: 0, similarity: 0 };
      let gathered = new Float32Array(0);
      for (const [index, pair] of pairs.entries()) {
        if (signal?.aborted) return { state, reason: 'aborted' };
        const drawn = state.epoch * pairs.length + index + 1;
        const own = fresh?.(drawn) ?? volumesOf(volumes, pair);
        const seen = augments(config) ? augmented(own, config, config.seed, drawn) : own;
        const place = index % config.batch;
        const together = Math.min(config.batch, pairs.length - (index - place));
        if (place === 0) gathered = new Float32Array(state.parameters.length);
        const feeds = {
          ...feedsOf(seen, supervision),
          ...stepGraph.random.values(config.seed, drawn),
          gathered,
          part: Float32Array.of(1 / together),
        };
        const share = (state.epoch + index / pairs.length) / config.epochs;
        const values = await trainOnPair(stepProgram, optimiser, state, feeds, config, share, place === together - 1);
        gathered = values.gathered ?? gathered;
        assertSound(values.loss, epoch, state.losses);
        sums.loss += values.loss / pairs.length;
        sums.similarity += values.similarity / pairs.length;
        await observer.progress?.(epoch, index + 1, total, values.loss);
      }
      const secondsPerStep = (performance.now() - started) / 1000 / pairs.length;
      const checked = await check((done, value) => observer.progress?.(epoch, pairs.length + done, total, value));
      if (!checked) return { state, reason: 'aborted' };
      assertSound(checked.loss, epoch, state.losses);
      assertNumbers(state, epoch);
      state.losses = [...state.losses, checked.loss];
      state.epoch = epoch;
      state.seconds += (performance.now() - started) / 1000;
      const record: EpochRecord = {
        epoch,
        trainLoss: sums.loss,
        trainSimilarity: sums.similarity,
        validationLoss: checked.loss,
        validationSimilarity: checked.similarity,
        ...storable(checked.measured),
        seconds: state.seconds,
        secondsPerStep,
        best: improvesLast(state.losses, config.stopping[0] as StoppingRule, config),
      };
      await observer.epochDone?.(record, state);
    }
    return { state, reason: 'epochs' };
  } finally {
    await Promise.all([stepProgram.release(), checkProgram.release()]);
  }
}

/** The best epoch so far, by the first rule of early stopping. */
export function bestSoFar({ losses }: TrainingState, config: TrainingConfig): Stopping {
  return followStopping(losses, config.stopping[0] as StoppingRule, config);
}

/** Whether every rule of early stopping says that training is over. */
function hasStopped(losses: readonly number[], config: TrainingConfig): boolean {
  return config.stopping.every((rule) => followStopping(losses, rule, config).endEpoch !== undefined);
}

/**
 * All volumes must share one extent; two at least on each side, or one where each holds a pair.
 * @throws UserError where they do not
 */
export function checkData({ train: training, validation }: TrainingData): {
  extent: readonly [number, number, number];
  volumes: ReadonlyMap<string, PreparedVolume>;
} {
  const all = [...training, ...validation];
  const least = all[0]?.moving ? 1 : 2;
  if (training.length < least || validation.length < least)
    throw new UserError(
      `Training needs at least ${least} training and ${least} validation cases${least > 1 ? ' to make pairs' : ''}, not ${training.length} and ${validation.length}; add cases or change the split.`,
    );
  const [nx, ny, nz] = (all[0] as PreparedVolume).grid.size;
  const other = all.find(({ grid }) => grid.size.join() !== `${nx},${ny},${nz}`);
  if (other)
    throw new UserError(
      `${other.id} fills ${other.grid.size.join(' × ')} voxels where others fill ${nx} × ${ny} × ${nz}; raise "pad" (--pad) so that every volume fits.`,
    );
  return { extent: [nz, ny, nx], volumes: new Map(all.map((volume) => [volume.id, volume])) };
}

/**
 * The pairs of an epoch: one per training case, or a given number, for which cases are used as often as needed. If
 * asked for, each is followed by the same pair with fixed and moving exchanged.
 */
function epochPairs(
  ids: readonly string[],
  { seed, pairsPerEpoch, bothDirections }: TrainingConfig,
  epoch: number,
  draw: typeof trainingPairs,
): Pair[] {
  const count = pairsPerEpoch ?? ids.length;
  const rounds = Math.ceil(count / ids.length);
  const pairs = Array.from({ length: rounds }, (_, round) => draw(ids, seed, (epoch - 1) * rounds + round + 1));
  const drawn = pairs.flat().slice(0, count);
  if (!bothDirections) return drawn;
  return drawn.flatMap(({ fixed, moving }) => [
    { fixed, moving },
    { fixed: moving, moving: fixed },
  ]);
}

/** The volumes of a pair: two cases, or a case and its image of the other modality. */
function volumesOf(volumes: ReadonlyMap<string, PreparedVolume>, pair: Pair): PreparedPair {
  const fixed = volumes.get(pair.fixed) as PreparedVolume;
  return { fixed, moving: fixed.moving ?? (volumes.get(pair.moving) as PreparedVolume) };
}

/** What the graphs are fed for a pair. @param supervision what is trained on beside the images */
function feedsOf({ fixed, moving }: PreparedPair, supervision: Supervision | undefined): Record<string, Float32Array> {
  return {
    fixed: fixed.values,
    moving: moving.values,
    fixed_mask: fixed.mask,
    moving_mask: moving.mask,
    ...(supervision && supervisionValues(fixed, moving, supervision)),
  };
}

/** @param isLast whether the pair is the last of those that make a step together */
async function trainOnPair(
  program: Program,
  optimiser: Optimiser,
  state: TrainingState,
  feeds: Readonly<Record<string, Float32Array>>,
  { schedule, rate, warmup, epochs, averaging }: TrainingConfig,
  share: number,
  isLast: boolean,
): Promise<{ loss: number; similarity: number; gathered: Float32Array<ArrayBuffer> | undefined }> {
  const step = state.step + 1;
  const result = await program.runOrNothing({
    parameters: state.parameters,
    ...state.moments,
    ...feeds,
    ...optimiserValues(optimiser, step, scheduledRate(schedule, rate, share, warmup / epochs)),
  });
  const loss = result.loss?.[0] ?? Number.NaN;
  if (Number.isFinite(loss) && isLast) {
    state.parameters = result.next_parameters as Float32Array;
    state.moments = Object.fromEntries(optimiser.moments.map((name) => [name, result[`next_${name}`] as Float32Array]));
    if (state.average) state.average = averaged(state.average, state.parameters, averaging, step);
    state.step = step;
  }
  const gathered = result.next_gathered as Float32Array<ArrayBuffer> | undefined;
  return { loss, similarity: result.similarity?.[0] as number, gathered };
}

interface ValidationResult {
  loss: number;
  similarity: number;
  measured: Values;
}

/** @returns nothing when `progress` says that it is to stop */
async function validate(
  program: Program,
  random: RandomInputs,
  parameters: Float32Array,
  pairs: readonly PreparedPair[],
  supervision: Supervision | undefined,
  { seed }: TrainingConfig,
  observer: TrainingObserver,
  progress: (done: number, loss: number) => Promise<boolean>,
): Promise<ValidationResult | undefined> {
  const sums = { loss: 0, similarity: 0 };
  const measured: Values[] = [];
  for (const [index, pair] of pairs.entries()) {
    // The same random directions at every epoch, so that losses of different epochs can be compared.
    const result = await program.runOrNothing({
      parameters,
      ...feedsOf(pair, supervision),
      ...random.values(seed, 'validation'),
    });
    if (!result.displacement) return { ...sums, loss: Number.NaN, measured: {} };
    const { fixed, moving } = pair;
    observer.registered?.(index, pair, result.displacement);
    measured.push(pairMetrics(fixed, moving, result.displacement, isWatched));
    sums.loss += (result.loss?.[0] as number) / pairs.length;
    sums.similarity += (result.similarity?.[0] as number) / pairs.length;
    if (await progress(index + 1, result.loss?.[0] as number)) return undefined;
  }
  return { ...sums, measured: meanMetrics(measured) };
}

/** What to try when a run cannot recover. */
const CALMER = 'try a smaller --rate, a larger --smoothness or --clip-gradient';

/** Nothing that is not a number is kept: a pooling or a mask may hide it from the loss. */
function assertNumbers({ parameters, moments }: TrainingState, epoch: number): void {
  if (![parameters, ...Object.values(moments)].every((values) => values.every(Number.isFinite)))
    throw new UserError(
      `The weights are no longer numbers after epoch ${epoch}; the last good checkpoint is kept: ${CALMER}.`,
    );
}

/** Stops a run that cannot recover, saying what to try. */
function assertSound(loss: number, epoch: number, losses: readonly number[]): void {
  if (!Number.isFinite(loss))
    throw new UserError(
      `The loss is not a number in epoch ${epoch}; the last good checkpoint is kept: ${CALMER}, and check the data with "earthmorph data check".`,
    );
  const least = losses.slice(1).reduce((a, b) => Math.min(a, Math.abs(b)), Number.POSITIVE_INFINITY);
  if (losses.length > 1 && Math.abs(loss) > 1e3 * Math.max(1, least))
    throw new UserError(
      `The loss diverges in epoch ${epoch} (${loss.toPrecision(3)}); the last good checkpoint is kept: ${CALMER}.`,
    );
}
