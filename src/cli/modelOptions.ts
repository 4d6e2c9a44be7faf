import type { Command } from 'commander';
import type { InitialAlignment } from '../dataset/preprocessing.ts';
import type { Device } from '../graph/index.ts';
import { Registrar } from '../registration/register.ts';
import type { Provenance } from '../report/htmlPage.ts';
import { readModel } from '../run/modelFile.ts';
import { choice, DEVICE_HELP, device, whole } from './options.ts';
import { version } from './version.ts';

/** Options of every command that uses a model. */
export interface ModelOptions {
  readonly model?: string;
  readonly init: InitialAlignment;
  readonly device: Device;
  readonly threads?: number;
}

/** Adds `--model`, `--init`, `--device` and `--threads`. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      '--model <path>',
      "a run's folder or a model.onnx (default: the hippocampus model that ships with EarthMorph)",
    )
    .option(
      '--init <how>',
      'start with the centres together, or where world coordinates put the volumes',
      choice(['center', 'world'] as const),
      'center',
    )
    .option('--device <name>', DEVICE_HELP, device, 'cpu')
    .option('--threads <n>', 'threads of the CPU (default: all cores)', whole(1));
}

/** Loads the model that the options name. */
export async function openRegistrar({ model, device: where, threads }: ModelOptions): Promise<Registrar> {
  return new Registrar(await readModel(model), { device: where, ...(threads === undefined ? {} : { threads }) });
}

/** Where the numbers of a report come from. */
export function provenanceOf(command: string, options: ModelOptions, registrar: Registrar): Provenance {
  const { record } = registrar.model;
  return {
    Command: command,
    EarthMorph: version,
    Model: options.model ?? 'shipped hippocampus model',
    'Trained on': record.data && `${record.data} (${record.cases ?? 'cases unknown'})`,
    Loss: record.loss && `${record.loss}, smoothness ${record.smoothness ?? '?'}`,
    'Seed and epoch': record.seed && `${record.seed}, ${record.epoch ?? '?'}`,
    Start: options.init === 'center' ? 'centres together' : 'world coordinates',
    Device: options.device,
    Date: new Date().toISOString().slice(0, 10),
  };
}
