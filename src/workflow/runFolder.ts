import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Synthetic } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import { isTemporary, removeTemporaries, writeAtomically } from '../file/atomic.ts';
import { parseJson, readJsonFile, readTextFile } from '../file/jsonFile.ts';
import { readBytes } from '../file/nodeFiles.ts';
import { encodeModel, type RegistrationModel } from '../network/model.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import { chooseOptimiser } from '../optimise/registry.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  encodeWeights,
  keptWeights,
  type TrainingState,
} from '../training/checkpoint.ts';
import { type TrainingConfig, trainingConfig } from '../training/configuration.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';
import { type EpochRecord, epochRecordSchema } from '../training/epochRecord.ts';
import { MODEL_FILE, modelFileOf, readModel } from './modelFile.ts';
import { type Origin, originSchema } from './origin.ts';

/** What `config.json` holds: the settings and what they were applied to. */
export interface StoredConfig {
  readonly version: string;
  /** The data folder as it was given. */
  readonly data: string;
  /** Where the data are made, how. */
  readonly synthetic?: Synthetic;
  readonly config: TrainingConfig;
  /** Case ids by what they were used for. */
  readonly split: {
    readonly train: readonly string[];
    readonly validation: readonly string[];
    readonly test: readonly string[];
  };
  /** The scans and threads that the numbers come from; undefined in runs that were begun before that was kept. */
  readonly origin?: Origin;
  /** Whether another model aligns pairs first; undefined in runs that were begun before that was kept. */
  readonly hasFirst?: boolean;
  /** Whether it began with the weights of another model. */
  readonly hasStart?: boolean;
}

const ids = z.array(z.string());
const storedSchema = z.looseObject({
  version: z.string(),
  data: z.string(),
  config: z.record(z.string(), z.unknown()),
  split: z.looseObject({ train: ids, validation: ids, test: ids }),
  origin: originSchema.optional(),
  hasFirst: z.boolean().optional(),
  hasStart: z.boolean().optional(),
});

const CONFIG = 'config.json';
const METRICS = 'metrics.jsonl';
const LAST = 'last.safetensors';
/** The checkpoint before the last, which is only for this machine's disk. */
const PREVIOUS = 'previous.safetensors';
const BEST = 'best.safetensors';
const FIRST = 'first.onnx';
const START = 'start.onnx';

/** Folder of the transforms that align pairs before the network. */
export const ALIGNMENTS = 'alignments';

/**
 * The records of a run's finished epochs, as `metrics.jsonl` has them, up to the first line that is damaged.
 * @throws UserError when the file cannot be read
 */
export async function readMetrics(run: string): Promise<readonly EpochRecord[]> {
  const file = join(run, METRICS);
  const lines = ((await readTextFile(file)) ?? '').split('\n').filter((line) => line !== '');
  const records: EpochRecord[] = [];
  try {
    for (const line of lines) records.push(parseJson<EpochRecord>(line, epochRecordSchema, file, ''));
  } catch {
    return records;
  }
  return records;
}

/**
 * The folder of a training run:
 *
 * - `config.json`, the settings, and `metrics.jsonl`, a line an epoch
 * - `last.safetensors`, all that is needed to go on, and `previous.safetensors`, in case the last is damaged
 * - `best.safetensors`, the weights of the best validation loss, and `model.onnx`, the best model, for use
 * - `model-<rule>.onnx` for further rules of early stopping
 * - `first.onnx` where another model aligns pairs first, `alignments/` where transforms do
 * - `start.onnx` where training begins with another model's weights
 */
export class RunFolder {
  #records: EpochRecord[] = [];

  constructor(readonly path: string) {}

  /** @throws UserError when the folder already holds a run or other files */
  async assertUnused(): Promise<void> {
    const entries = await readdir(this.path).catch((): string[] => []);
    if (entries.includes(CONFIG))
      throw new UserError(`${this.path} already holds a run; add --resume to continue it, or give another --out.`);
    // Alignments and the first model are there before a run is one, and whoever is killed leaves half a file.
    if (entries.some((name) => ![ALIGNMENTS, FIRST, START].includes(name) && !isTemporary(name)))
      throw new UserError(`${this.path} is not empty; give another --out.`);
  }

  /** Removes what a killed process left half-written. */
  async removeTemporaries(): Promise<void> {
    await removeTemporaries(this.path);
  }

  /** Writes `config.json`, with which the folder becomes a run. */
  async writeConfig(stored: StoredConfig): Promise<void> {
    await mkdir(this.path, { recursive: true }).catch(() => undefined);
    await writeAtomically(join(this.path, CONFIG), `${JSON.stringify(stored, null, 2)}\n`);
  }

  /** @throws UserError when there is no run to go on with, or its settings are damaged */
  async readConfig(): Promise<StoredConfig> {
    const file = join(this.path, CONFIG);
    const wayOn = `put a copy of it back, or remove ${this.path} and start the run again`;
    const stored = await readJsonFile<StoredConfig>(file, storedSchema, wayOn);
    if (!stored) throw new UserError(`${this.path} holds no run (no ${CONFIG}); leave --resume out to start one.`);
    try {
      return { ...stored, config: trainingConfig(stored.config) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${file} is damaged (${error.message.replace(/\.$/, '')}); ${wayOn}.`);
    }
  }

  /** Keeps a copy of the model that aligns pairs first. */
  async writeFirst(model: RegistrationModel): Promise<void> {
    await writeAtomically(join(this.path, FIRST), encodeModel(model));
  }

  /** Keeps a copy of the model whose weights the run begins with. */
  async writeStart(model: RegistrationModel): Promise<void> {
    await writeAtomically(join(this.path, START), encodeModel(model));
  }

  /**
   * The run's copy of the model whose weights it begins with, where it has one and there is no checkpoint yet.
   * @throws UserError when it is damaged, or no longer there
   */
  async readStart(stored: StoredConfig, hasState: boolean): Promise<RegistrationModel | undefined> {
    return stored.hasStart && !hasState ? this.#readCopy(START, 'whose weights this run begins with') : undefined;
  }

  /**
   * The run's copy of the model that aligns pairs first, where it has one.
   * @throws UserError when it is damaged, or no longer there
   */
  async readFirst({ hasFirst }: StoredConfig): Promise<RegistrationModel | undefined> {
    return hasFirst || existsSync(join(this.path, FIRST))
      ? this.#readCopy(FIRST, 'that aligns the pairs of this run first')
      : undefined;
  }

  async #readCopy(name: string, what: string): Promise<RegistrationModel> {
    const copy = join(this.path, name);
    if (existsSync(copy)) return readModel(copy);
    throw new UserError(
      `${copy} is missing, the model ${what}; put a copy of it back, or remove ${this.path} and start the run again.`,
    );
  }

  /**
   * The state of the last finished epoch, or of the one before if the last is damaged; undefined if there is no
   * checkpoint, so that training starts over. Records of later epochs are forgotten.
   * @param say gets a sentence on what is not as it was left
   * @throws UserError when there are checkpoints, and all of them are damaged
   */
  async readState(
    specs: readonly ParameterSpec[],
    config: Pick<TrainingConfig, 'optimiser' | 'averaging'>,
    say: (sentence: string) => void = () => undefined,
  ): Promise<TrainingState | undefined> {
    const complaints: string[] = [];
    for (const name of [LAST, PREVIOUS]) {
      const file = join(this.path, name);
      if (!existsSync(file)) continue;
      try {
        const { state, records } = await this.#readCheckpoint(file, specs, config);
        this.#records = [...records];
        const [complaint] = complaints;
        if (complaint !== undefined)
          say(`${complaint} The run continues from the checkpoint before, after epoch ${state.epoch}.`);
        return state;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        complaints.push(error.message);
      }
    }
    if (complaints.length > 0)
      throw new UserError(
        `${complaints.join(' ')} Put a copy back, or remove ${join(this.path, '*.safetensors')} to start again with the first epoch.`,
      );
    if (existsSync(join(this.path, METRICS)))
      say(`${this.path} holds no checkpoint any more, so training starts again with the first epoch.`);
    return undefined;
  }

  async #readCheckpoint(
    file: string,
    specs: readonly ParameterSpec[],
    { optimiser, averaging }: Pick<TrainingConfig, 'optimiser' | 'averaging'>,
  ): Promise<{ readonly state: TrainingState; readonly records: readonly EpochRecord[] }> {
    const { state, records: own } = decodeCheckpoint(
      await readBytes(file),
      specs,
      chooseOptimiser(optimiser),
      file,
      averaging > 0,
    );
    if (own) return { state, records: own };
    const records = (await readMetrics(this.path)).filter(({ epoch }) => epoch <= state.epoch);
    if (records.length === state.epoch) return { state, records };
    throw new UserError(`${join(this.path, METRICS)} is damaged: it lacks epoch ${records.length + 1}.`);
  }

  /** The finished epochs. */
  get records(): readonly EpochRecord[] {
    return this.#records;
  }

  /**
   * Stores a finished epoch. `last.safetensors` is written at the end: a run that is killed before it repeats the epoch
   * to the same numbers and writes the same files again.
   */
  async addEpoch(
    record: EpochRecord,
    state: TrainingState,
    specs: readonly ParameterSpec[],
    model: RegistrationModel,
    improved: readonly StoppingRule[] = [],
  ): Promise<void> {
    this.#records.push(record);
    if (record.best) {
      await writeAtomically(join(this.path, BEST), encodeWeights(keptWeights(state), specs));
      await writeAtomically(join(this.path, MODEL_FILE), encodeModel(model));
    }
    for (const rule of improved) await writeAtomically(join(this.path, modelFileOf(rule)), encodeModel(model));
    await writeAtomically(join(this.path, METRICS), this.#records.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const last = join(this.path, LAST);
    if (existsSync(last)) await rename(last, join(this.path, PREVIOUS));
    await writeAtomically(last, encodeCheckpoint(state, specs, this.#records));
  }
}
