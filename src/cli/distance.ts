import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { chooseSimilarity, similarities } from '../loss/registry.ts';
import {
  type Distance,
  measureDistance,
  NORMALISATIONS,
  type Normalisation,
  profileFigure,
  profileOptions,
  seenWords,
  sentenceOf,
} from '../run/distance.ts';
import { assertFigureName, writeFigure } from '../run/pairReport.ts';
import { assignments, choice, DEVICE_HELP, device, whole } from './options.ts';
import { printJson, sayWritten } from './output.ts';
import { assertOutputs } from './outputs.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';

interface Options {
  readonly loss: string;
  readonly lossOption?: Readonly<Record<string, unknown>>;
  readonly normalise: Normalisation;
  readonly seed: number;
  readonly draws: number;
  readonly profile?: string;
  readonly device: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `earthmorph distance`: the value of a loss between two volumes, and what the loss sees. */
export const distanceCommand: CommandDefinition = (program) => {
  const names = [...similarities().keys()];
  const normalisations = Object.keys(NORMALISATIONS) as Normalisation[];
  program
    .command('distance')
    .summary('value of a loss between two scans, and a picture of it')
    .description(
      'Evaluates a loss between two scans in the same grid, for instance a fixed one and a moved one. As in training, intensities are z-scored first, each volume by itself. Losses with random directions are evaluated with several draws of them, for the mean and its standard error.',
    )
    .argument('<a>', 'scan A, the fixed one')
    .argument('<b>', 'scan B, in the same grid')
    .option('--loss <name>', `similarity: ${names.join(', ')}`, choice(names), 'pswd')
    .option('--loss-option <name=value>', 'an option of the loss, for instance patch=7; may be repeated', assignments)
    .option(
      '--normalise <how>',
      'intensities: zscore, minmax, percentile, or none, as they are',
      choice(normalisations),
      'zscore',
    )
    .option(
      '--profile <file>',
      'draws what swd, radon or pswd sees: distances of the patches, projections and the area between them; .png or .svg',
    )
    .option('--seed <n>', "seed of the loss's random directions", whole(0), 1)
    .option('--draws <n>', 'draws of random directions: this seed and those that follow', whole(1), 4)
    .option('--device <name>', DEVICE_HELP, device, 'cpu')
    .option('--threads <n>', 'threads of the CPU (default: all cores)', whole(1))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  earthmorph distance --loss ncc fixed.nii.gz moved.nii.gz
  earthmorph distance --loss pswd --loss-option patch=7 --profile profile.png fixed.nii.gz moved.nii.gz`,
    )
    .action(run);
};

async function run(fixed: string, moved: string, options: Options): Promise<void> {
  const { profile, normalise, seed, draws, threads, json } = options;
  const loss = chooseSimilarity(options.loss, options.lossOption);
  if (profile !== undefined) {
    assertFigureName(profile);
    profileOptions(loss);
  }
  const scans = [fixed, moved].map((path, scan) => ({ name: `scan ${scan === 0 ? 'A' : 'B'}`, path }));
  await assertOutputs(options, ['profile'], [], scans);
  const runtime = { device: options.device, ...given({ threads }) };
  const files = { fixed, moved };
  const bar = startProgress(draws, 'evaluating');
  const pair = await measureDistance(files, { loss, normalise, seed, draws, runtime }, (done) =>
    bar.update(done),
  ).finally(() => bar.stop());
  if (profile !== undefined) {
    const drawing = startProgress(0, 'drawing');
    await writeFigure(profile, await profileFigure(pair, files, runtime).finally(() => drawing.stop()));
  }
  if (json) printJson(pair.distance);
  else {
    console.log(lines(pair.distance));
    sayWritten(profile);
  }
}

function lines(distance: Distance): string {
  const { loss, seed, sampling } = distance;
  const how = [`On ${seenWords(distance)}.`];
  if (sampling?.draws === 1) how.push(`One draw of random directions, seed ${seed}.`);
  else if (sampling)
    how.push(
      `Mean ± standard error over ${sampling.draws} draws of random directions, seeds ${seed} to ${seed + sampling.draws - 1}.`,
    );
  return `${loss} = ${sentenceOf(distance)}\n${how.join(' ')}`;
}
