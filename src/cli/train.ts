import type { SplitFractions } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import type { Device } from '../graph/index.ts';
import { DEFAULT_NETWORK, networks } from '../network/registry.ts';
import { trainingRun } from '../run/trainingRun.ts';
import { PRESETS, type TrainingConfig } from '../training/configuration.ts';
import type { EpochRecord, StopReason } from '../training/trainer.ts';
import { interruptible } from './interruptible.ts';
import { addLossOptions } from './lossOptions.ts';
import { assignments, choice, DEVICE_HELP, device, number, whole } from './options.ts';
import { printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { TrainingProgress } from './trainingProgress.ts';
import { version } from './version.ts';

type Settings = { -readonly [Key in keyof TrainingConfig]?: TrainingConfig[Key] };

interface Options extends Omit<Settings, 'lossOptions' | 'regulariserOptions' | 'networkOptions'> {
  readonly data?: string;
  readonly out: string;
  readonly preset?: string;
  readonly lossOption?: Record<string, unknown>;
  readonly regulariserOption?: Record<string, unknown>;
  readonly networkOption?: Record<string, unknown>;
  readonly split?: SplitFractions;
  readonly first?: string;
  readonly resume?: boolean;
  readonly device?: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `earthmorph train`: a network from a folder of scans. */
export const trainCommand: CommandDefinition = (program) => {
  const command = program
    .command('train')
    .summary('train a network on a folder of scans')
    .description(
      "Trains a registration network without labels: random pairs of the folder's scans, early stopping on held-out ones.",
    )
    .option('--data <dir>', 'folder of scans: Decathlon or Learn2Reg dataset.json, or images/ and labels/')
    .requiredOption('--out <dir>', 'folder of the run: config.json, metrics.jsonl, checkpoints, model.onnx')
    .option('--resume', 'go on with the run in --out from its last finished epoch')
    .option('--preset <name>', `a set of settings, before all other options: ${Object.keys(PRESETS).join(', ')}`);
  addLossOptions(command, 'mse')
    .option(
      '--crop <how>',
      'none: volume in the middle of a cube; label: box of its own labels (default: none)',
      choice(['none', 'label'] as const),
    )
    .option('--pad <voxels>', 'edge of the cube that volumes are padded to (default: 64)', whole(8))
    .option('--margin <voxels>', 'voxels around the label box with --crop label (default: 5)', whole(0))
    .option('--size <voxels>', "edge of the network's grid (default: 64)", whole(8))
    .option('--spacing <mm>', "voxel edge of the padded cube (default: the data's own)", number(1e-6))
    .option(
      '--normalise <how>',
      'zscore, minmax or percentile (default: zscore)',
      choice(['zscore', 'minmax', 'percentile'] as const),
    )
    .option(
      '--outside <what>',
      'zero or edge: what lies around a volume (default: zero)',
      choice(['zero', 'edge'] as const),
    )
    .option('--mask', 'compare only where both volumes have data, not in the padding')
    .option(
      '--network <name>',
      `family of the network: ${[...networks().keys()].join(', ')} (default: ${DEFAULT_NETWORK})`,
      choice([...networks().keys()]),
    )
    .option('--network-option <name=value>', 'a setting of that family; may be repeated', assignments)
    .option(
      '--integration-steps <n>',
      '0: displacement; n: diffeomorphic, n steps of scaling and squaring (default: 0)',
      whole(0),
    )
    .option('--half-resolution', 'predict the flow on a grid of half the size: eight times less work')
    .option('--rate <number>', 'learning rate of Adam (default: 0.001)', number(0))
    .option('--flow-deviation <number>', "standard deviation of the flow's first weights (default: 0.00001)", number(0))
    .option('--clip-gradient <norm>', 'scale a longer gradient down to this length (default: off)', number(1e-12))
    .option(
      '--clip-gradient-ratio <n>',
      'scale a gradient down that is longer than n times the usual one (default: off)',
      number(1),
    )
    .option(
      '--schedule <name>',
      'constant, or cosine: the rate falls to zero over all epochs (default: constant)',
      choice(['constant', 'cosine'] as const),
    )
    .option('--epochs <n>', 'epochs at most (default: 100)', whole(1))
    .option('--patience <n>', 'epochs without improvement before stopping (default: 5)', whole(1))
    .option('--min-delta <number>', 'smallest fall of the validation loss that counts (default: 0.0001)', number(0))
    .option('--pairs-per-epoch <n>', 'training pairs an epoch (default: one a training case)', whole(1))
    .option('--first <path>', 'a run or model.onnx that aligns each pair first; the new network refines it')
    .option('--split <a,b,c>', 'shares of training, validation and test cases in % (default: 65,15,20)', parseSplit)
    .option('--seed <n>', 'seed of split, pairs and weights (default: 1)', whole(0))
    .option('--device <name>', DEVICE_HELP, device)
    .option('--threads <n>', 'threads of the CPU (default: all cores)', whole(1))
    .option('--json', 'print a line of JSON an epoch')
    .addHelpText(
      'after',
      `
Examples:
  earthmorph train --data Task04_Hippocampus --loss ncc --out runs/ncc
  earthmorph train --out runs/ncc --resume
  earthmorph train --data Task04_Hippocampus --preset paper --loss mse --out runs/paper-mse

Labels are never trained on; where the data has them, Dice and HD95 of the validation pairs are reported.`,
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
  const {
    data,
    out,
    preset,
    lossOption,
    regulariserOption,
    networkOption,
    split,
    first,
    resume = false,
    device: where = 'cpu',
    threads,
    json,
    ...settings
  } = options;
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
          ...(data === undefined ? {} : { data }),
          settings: {
            ...base,
            ...settings,
            ...(lossOption ? { lossOptions: lossOption } : {}),
            ...(regulariserOption ? { regulariserOptions: regulariserOption } : {}),
            ...(networkOption ? { networkOptions: networkOption } : {}),
          },
          ...(split ? { split } : {}),
          ...(first === undefined ? {} : { first }),
          resume,
          version,
          runtime: { device: where, ...(threads === undefined ? {} : { threads }) },
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
  console.log(`Finished: ${why}. Best epoch ${best?.epoch ?? '–'}. Use it with: earthmorph register --model ${out} …`);
}
