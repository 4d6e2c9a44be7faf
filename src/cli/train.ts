import type { SplitFractions } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { PRESETS, trainingSchema } from '../training/configuration.ts';
import type { EpochRecord, StopReason } from '../training/trainer.ts';
import { trainingRun } from '../workflow/trainingRun.ts';
import { coresAreFree } from './freeCores.ts';
import { interruptible } from './interruptible.ts';
import { deviceOption, jsonOption, memoryOption, threadsOption } from './options.ts';
import { printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { addSettingOptions, settingsOf } from './settingsOptions.ts';
import { TrainingProgress } from './trainingProgress.ts';
import { version } from './version.ts';

interface Options extends Record<string, unknown> {
  readonly data?: string;
  readonly out: string;
  readonly preset?: string;
  readonly split?: SplitFractions;
  readonly first?: string;
  readonly weights?: string;
  readonly resume?: boolean;
  readonly device: Device;
  readonly threads?: number;
  readonly memory?: number;
  readonly json?: boolean;
}

/** `earthmorph train`: a network from a folder of scans. */
export const trainCommand: CommandDefinition = (program) => {
  const command = program
    .command('train')
    .summary('train a network on a folder of scans')
    .description(
      "Trains a registration network on random pairs of the folder's scans. Pairs of held-out scans decide when it stops.",
    )
    .option('--data <dir>', 'folder of scans: Decathlon or Learn2Reg dataset.json, or images/ and labels/')
    .requiredOption('--out <dir>', 'folder of the run: config.json, metrics.jsonl, checkpoints, model.onnx')
    .option('--resume', 'continue the run in --out after its last finished epoch')
    .option('--preset <name>', `a set of settings, which the other options change: ${Object.keys(PRESETS).join(', ')}`);
  addSettingOptions(command, trainingSchema)
    .option('--first <path>', 'a run or model.onnx that registers each pair first; the new network refines its result')
    .option('--weights <path>', 'a run or model.onnx of the same network, whose weights are the initial ones')
    .option('--split <a,b,c>', 'shares of training, validation and test cases in % (default: 65,15,20)', parseSplit)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(
      memoryOption(
        'memory that a step may take, such as 4GB; less memory means that more is computed twice (default: what is free)',
      ),
    )
    .addOption(jsonOption('print a line of JSON per epoch'))
    .addHelpText(
      'after',
      `
Examples:
  earthmorph train --data Task04_Hippocampus --loss ncc --out runs/ncc
  earthmorph train --out runs/ncc --resume
  earthmorph train --data Task04_Hippocampus --preset paper --loss mse --out runs/paper-mse

Where the data has labels, they measure the validation pairs. Only with --supervise labels are they trained on.`,
    )
    .action(run);
};

/** Shares in %, for instance 65,15,20. */
function parseSplit(text: string): SplitFractions {
  const parts = text.split(',').map(Number);
  const [train, validation, test] = parts as [number, number, number];
  if (parts.length !== 3 || parts.some((part) => !(part >= 0)) || Math.abs(train + validation + test - 100) > 1e-6)
    throw new UserError(`--split ${text} is not three shares that add up to 100; give for instance 65,15,20.`);
  return { train: train / 100, validation: validation / 100, test: test / 100 };
}

async function run(options: Options): Promise<void> {
  const { data, out, preset, split, first, weights, resume = false, device, threads, memory, json } = options;
  const settings = settingsOf(trainingSchema, options);
  const base = preset === undefined ? {} : PRESETS[preset];
  if (!base) throw new UserError(`There is no preset "${preset}"; choose one of ${Object.keys(PRESETS).join(', ')}.`);
  const cropsToLabels = (settings.crop ?? base.crop) === 'label';
  if (cropsToLabels && !json)
    console.error('Note: the crop "label" uses the labels of both volumes, also when the model is used later.');

  const progress = new TrainingProgress(json);
  const { started, epochDone } = progress.observer;
  let kept: number | undefined;
  await interruptible(
    async (signal) => {
      try {
        const result = await trainingRun({
          out,
          ...given({ data }),
          settings: { ...base, ...settings },
          ...given({ split, first, weights }),
          resume,
          version,
          runtime: { device, spins: await coresAreFree(threads), ...given({ threads, memory }) },
          signal,
          observer: {
            ...progress.observer,
            note: (sentence) => console.error(`Note: ${sentence}`),
            started(stored, state) {
              kept = state?.epoch ?? 0;
              started?.(stored, state);
            },
            async epochDone(record) {
              kept = record.epoch;
              await epochDone?.(record);
            },
          },
        });
        if (result.reason === 'aborted') signal.throwIfAborted();
        finish(result.reason, result.records, out, json ?? false);
      } finally {
        progress.stop();
      }
    },
    () => stopped(kept, resume, out),
  );
}

/** What is kept of a run that was stopped; `epochs` is undefined while its scans were read. */
function stopped(epochs: number | undefined, resume: boolean, out: string): string {
  const goOn = `go on with: earthmorph train --out ${out} --resume`;
  if (epochs === undefined)
    return resume
      ? `stopped before training went on; ${goOn}`
      : 'stopped before training began; no epoch is kept, so give the same command again.';
  return epochs === 0 ? `stopped before the first epoch was done; ${goOn}` : `stopped after epoch ${epochs}; ${goOn}`;
}

function finish(reason: StopReason, records: readonly EpochRecord[], out: string, json: boolean): void {
  const best = records.findLast((record) => record.best);
  if (json) {
    printJson({ reason, best });
    return;
  }
  const why = reason === 'patience' ? 'the validation loss no longer improves' : 'all epochs are done';
  console.log(
    `Finished: ${why}. Best epoch ${best?.epoch ?? '–'}. Wrote ${out}; use it with: earthmorph register --model ${out} …`,
  );
}
