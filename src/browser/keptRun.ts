import { UserError } from '../errors.ts';
import { encodeModel, type RegistrationModel } from '../network/model.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import { chooseOptimiser } from '../optimise/registry.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../training/checkpoint.ts';
import { type TrainingConfig, trainingConfig } from '../training/configuration.ts';
import type { EpochRecord } from '../training/epochRecord.ts';
import { StoredFolder } from './storedFolder.ts';
import type { KeptConfig, TestResult } from './trainingProtocol.ts';

/** Where trainings are kept in the origin's private file system, a folder each. */
const RUNS = 'trainings';

const CONFIG = 'config.json';
const LAST = 'last.safetensors';
const TEST = 'test.json';

/** Files of a training that can be taken home. */
export const RUN_FILES = { model: 'model.onnx', metrics: 'metrics.jsonl', config: CONFIG } as const;

/** Below which the scans of a training lie. */
const DATA = 'data';

/**
 * A training that the browser keeps: files of the names and contents that a run's folder has on disk, and the scans
 * beside them.
 */
export class KeptRun {
  private constructor(
    readonly id: string,
    readonly files: StoredFolder,
  ) {}

  static async open(id: string): Promise<KeptRun> {
    return new KeptRun(id, await StoredFolder.open(`${RUNS}/${id}`));
  }

  /** All that can go on or be taken home, the oldest first; what never began is removed. */
  static async all(): Promise<readonly KeptRun[]> {
    const runs: KeptRun[] = [];
    for (const id of await (await StoredFolder.open(RUNS)).list()) {
      const run = await KeptRun.open(id);
      if ((await run.files.file(CONFIG)) !== undefined) runs.push(run);
    }
    return runs;
  }

  /** Forgets a training with its scans. */
  static async remove(id: string): Promise<void> {
    await (await StoredFolder.open(RUNS)).remove(id);
  }

  /** The path of a data set of this run. */
  dataAt(name: string): string {
    return `${DATA}/${name}`;
  }

  /** With this the folder becomes a run. */
  async writeConfig(config: KeptConfig): Promise<void> {
    await this.files.write(CONFIG, `${JSON.stringify(config, null, 2)}\n`);
  }

  /** @throws UserError where there is none, or it is damaged */
  async readConfig(): Promise<KeptConfig> {
    const text = await this.files.text(CONFIG);
    if (text === undefined) throw new UserError('This training is no longer there; start another one.');
    try {
      const stored = JSON.parse(text) as KeptConfig;
      return { ...stored, config: trainingConfig(stored.config) };
    } catch (error) {
      throw new UserError('The settings of this training are damaged; remove it, and start another one.', {
        cause: error,
      });
    }
  }

  /** Keeps what was measured of the test pairs. */
  async writeTest(result: TestResult): Promise<void> {
    await this.files.write(TEST, JSON.stringify(result));
  }

  /** What was measured of the test pairs; undefined where they were not registered. */
  async readTest(): Promise<TestResult | undefined> {
    const text = await this.files.text(TEST);
    return text === undefined ? undefined : (JSON.parse(text) as TestResult);
  }

  /** The records of the finished epochs, as the last checkpoint has them. */
  async records(): Promise<readonly EpochRecord[]> {
    const lines = ((await this.files.text(RUN_FILES.metrics)) ?? '').split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as EpochRecord);
  }

  /** The state of the last finished epoch with its records; undefined before there is one. */
  async readCheckpoint(
    specs: readonly ParameterSpec[],
    { optimiser, averaging }: TrainingConfig,
  ): Promise<Checkpoint | undefined> {
    if ((await this.files.file(LAST)) === undefined) return undefined;
    return decodeCheckpoint(await this.files.read(LAST), specs, chooseOptimiser(optimiser), LAST, averaging > 0);
  }

  /**
   * Keeps a finished epoch, the checkpoint last: a page that is left before it repeats the epoch to the same numbers.
   */
  async addEpoch(
    records: readonly EpochRecord[],
    state: TrainingState,
    specs: readonly ParameterSpec[],
    model: RegistrationModel,
  ): Promise<void> {
    if (records.at(-1)?.best) await this.files.write(RUN_FILES.model, encodeModel(model));
    await this.files.write(RUN_FILES.metrics, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    await this.files.write(LAST, encodeCheckpoint(state, specs, records));
  }
}
