import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { encodeModel, type RegistrationModel } from '../network/model.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import { decodeCheckpoint, encodeCheckpoint, encodeWeights, type TrainingState } from '../training/checkpoint.ts';
import type { TrainingConfig } from '../training/configuration.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';
import type { EpochRecord } from '../training/trainer.ts';
import { MODEL_FILE, modelFileOf, readModel } from './modelFile.ts';

/** What `config.json` holds: the settings and what they were applied to. */
export interface StoredConfig {
  readonly version: string;
  /** The data folder as it was given. */
  readonly data: string;
  readonly config: TrainingConfig;
  /** Case ids by what they were used for. */
  readonly split: {
    readonly train: readonly string[];
    readonly validation: readonly string[];
    readonly test: readonly string[];
  };
}

const CONFIG = 'config.json';
const METRICS = 'metrics.jsonl';
const LAST = 'last.safetensors';
const BEST = 'best.safetensors';
const FIRST = 'first.onnx';

/** Folder of the transforms that align pairs before the network. */
export const ALIGNMENTS = 'alignments';

/**
 * The folder of a training run: `config.json`, `metrics.jsonl` (a line an epoch), `last.safetensors` (all that is needed to go on),
 * `best.safetensors` (weights of the best validation loss), `model.onnx` (the best model, for use), `first.onnx` where another model
 * aligns pairs first, `alignments/` where transforms do, `model-<rule>.onnx` for further rules of early stopping.
 */
export class RunFolder {
  #records: EpochRecord[] = [];

  constructor(readonly path: string) {}

  /** @throws UserError when the folder already holds a run or other files */
  async assertUnused(): Promise<void> {
    const entries = await readdir(this.path).catch((): string[] => []);
    if (entries.includes(CONFIG))
      throw new UserError(`${this.path} already holds a run; add --resume to go on with it, or give another --out.`);
    // Alignments are worked out before a run is one.
    if (entries.some((name) => name !== ALIGNMENTS))
      throw new UserError(`${this.path} is not empty; give another --out.`);
  }

  /** Writes `config.json`. */
  async writeConfig(stored: StoredConfig): Promise<void> {
    await mkdir(this.path, { recursive: true }).catch(() => undefined);
    await writeAtomically(join(this.path, CONFIG), `${JSON.stringify(stored, null, 2)}\n`);
  }

  /** @throws UserError when there is no run to go on with */
  async readConfig(): Promise<StoredConfig> {
    const text = await readFile(join(this.path, CONFIG), 'utf8').catch(() => {
      throw new UserError(`${this.path} holds no run (no ${CONFIG}); leave --resume out to start one.`);
    });
    try {
      return JSON.parse(text) as StoredConfig;
    } catch {
      throw new UserError(`${join(this.path, CONFIG)} is damaged; start the run anew in another folder.`);
    }
  }

  /** Keeps a copy of the model that aligns pairs first. */
  async writeFirst(model: RegistrationModel): Promise<void> {
    await writeAtomically(join(this.path, FIRST), encodeModel(model));
  }

  /** The run's copy of the model that aligns pairs first, where it has one. */
  async readFirst(): Promise<RegistrationModel | undefined> {
    const copy = join(this.path, FIRST);
    return existsSync(copy) ? readModel(copy) : undefined;
  }

  /** The state of the last finished epoch, or undefined where none was finished. Records of later epochs are forgotten. */
  async readState(specs: readonly ParameterSpec[]): Promise<TrainingState | undefined> {
    const file = join(this.path, LAST);
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) return undefined;
    const state = decodeCheckpoint(bytes, specs, file);
    const lines = await readFile(join(this.path, METRICS), 'utf8').catch(() => '');
    this.#records = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as EpochRecord)
      .filter((record) => record.epoch <= state.epoch);
    return state;
  }

  /** The finished epochs. */
  get records(): readonly EpochRecord[] {
    return this.#records;
  }

  /**
   * Stores a finished epoch. `last.safetensors` is written at the end: a run that is killed before it repeats the epoch to the same
   * numbers and writes the same files again.
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
      await writeAtomically(join(this.path, BEST), encodeWeights(state.parameters, specs));
      await writeAtomically(join(this.path, MODEL_FILE), encodeModel(model));
    }
    for (const rule of improved) await writeAtomically(join(this.path, modelFileOf(rule)), encodeModel(model));
    await writeAtomically(join(this.path, METRICS), this.#records.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await writeAtomically(join(this.path, LAST), encodeCheckpoint(state, specs));
  }
}
