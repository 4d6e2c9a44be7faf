import { given } from '../given.ts';
import type { TrainingConfig } from '../training/configuration.ts';
import { openWorker, type WorkerOptions, whileOpen } from './openWorker.ts';
import type { DataToMake, PickedFile, TrainingEnd, TrainingEvent } from './trainingProtocol.ts';

/** How a network is trained in a worker. */
export interface TrainInWorkerOptions extends WorkerOptions {
  /** Settings that differ from the defaults: those of `earthmorph train`. */
  readonly settings?: Partial<TrainingConfig>;
  /** Told of every step, every epoch, and of one validation pair on its way. */
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Ends the training at once; finished epochs are kept. The promise is rejected with `Cancelled`. */
  readonly signal?: AbortSignal;
}

/** A training that came to its end. */
export interface TrainedInWorker extends TrainingEnd {
  /** `model.onnx` of the best epoch, as `earthmorph train` writes it. */
  readonly model: Uint8Array;
}

/**
 * Trains a network in a worker, with the numbers of `earthmorph train`. The browser keeps scans and finished epochs in
 * the origin's private file system, under the name of the run; {@link forgetTraining} removes them.
 * @param run the name: letters, digits, hyphens
 * @param data a picked folder, or what is to be made; left out, the run of that name goes on
 * @throws UserError with a sentence for the user where the data or the settings are none to train with
 */
export async function trainInWorker(
  run: string,
  data: readonly PickedFile[] | DataToMake | undefined,
  options: TrainInWorkerOptions = {},
): Promise<TrainedInWorker> {
  const { settings = {}, onEvent, signal } = options;
  const client = openWorker(options);
  return whileOpen(client, signal, async () => {
    const start = data && { data, settings, version: 'library' };
    const end = await client.ask('train', { run, ...given({ start }) }, onEvent);
    const model = await client.ask('trainedModel', run);
    client.close();
    return { ...end, model };
  });
}

/** Forgets a training with its scans. */
export async function forgetTraining(run: string, options: WorkerOptions = {}): Promise<void> {
  const client = openWorker(options);
  await whileOpen(client, undefined, () => client.ask('forgetTraining', run));
  client.close();
}
