import { given } from '../given.ts';
import type { PlanChoices } from '../registration/plan.ts';
import type { Labels, Volume, Warp } from '../volume/grid.ts';
import { openWorker, type WorkerOptions, whileOpen } from './openWorker.ts';
import type { PairToRegister, RegistrationEvent, ResultFile, WorkerRegistration } from './protocol.ts';
import type { WorkerClient } from './workerClient.ts';

/** A file that was picked or dropped, or was fetched and named. */
export interface NamedBlob extends Blob {
  /** Its ending says the format: .nii, .nii.gz, .nrrd, .mha, .mgh, .mgz. */
  readonly name: string;
}

/** How a pair is registered in a worker. */
export interface InWorkerOptions extends WorkerOptions {
  /** Parts of the plan that are given rather than chosen. */
  readonly choices?: PlanChoices;
  /** Labels of both scans, to measure the result. */
  readonly fixedLabels?: NamedBlob;
  readonly movingLabels?: NamedBlob;
  /** A `model.onnx` that registers in place of a plan, where it fits the pair. */
  readonly model?: NamedBlob;
  /** Steps by which the pair is optimised after the model. */
  readonly refine?: number;
  /** Told of the plan, of every step, and of the moved scan on its way. */
  readonly onEvent?: (event: RegistrationEvent) => void;
  /** Aborts the registration at once; the promise is rejected with `Cancelled`. */
  readonly signal?: AbortSignal;
}

/** A registered pair whose files can still be asked for. */
export interface RegisteredInWorker extends WorkerRegistration {
  /** The warp: fixed scan's grid, LPS mm, fixed point → moving point. */
  warp(): Promise<Warp>;
  /** A file as `earthmorph register` writes it. */
  file(which: ResultFile): Promise<Uint8Array>;
  /** Ends the worker and frees its memory. */
  close(): void;
}

/**
 * Registers two scans in a worker, so that the page stays free: the same plan and the same result as `earthmorph
 * register`.
 * @throws UserError with a sentence for the user where a file cannot be read or the pair cannot be registered
 */
export async function registerInWorker(
  fixed: NamedBlob,
  moving: NamedBlob,
  options: InWorkerOptions = {},
): Promise<RegisteredInWorker> {
  const { choices = {}, fixedLabels, movingLabels, onEvent, signal, refine } = options;
  const client = openWorker(options);
  return whileOpen(client, signal, async () => {
    const scan = async (file: NamedBlob): Promise<Volume> => (await read(client, file)).volume;
    const labels = async (file: NamedBlob): Promise<Labels | undefined> => (await read(client, file)).labels;
    const pair: PairToRegister = {
      fixed: await scan(fixed),
      moving: await scan(moving),
      ...given({
        fixedLabels: fixedLabels && (await labels(fixedLabels)),
        movingLabels: movingLabels && (await labels(movingLabels)),
      }),
    };
    const model = options.model && {
      name: options.model.name,
      bytes: new Uint8Array(await options.model.arrayBuffer()),
      ...given({ refine }),
    };
    const registration = await client.ask('register', { pair, choices, ...given({ model }) }, onEvent);
    return {
      ...registration,
      warp: () => client.ask('warp', {}),
      file: (which) => client.ask('file', which),
      close: () => client.close(),
    };
  });
}

async function read(client: WorkerClient, file: NamedBlob) {
  return client.ask('read', { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
}
