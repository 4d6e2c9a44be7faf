import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import {
  type Distance,
  distanceSchema,
  measureDistance,
  profileFigure,
  profileOptions,
  seenWords,
  sentenceOf,
} from '../workflow/distance.ts';
import { assertFigureName, writeFigure } from '../workflow/pairReport.ts';
import { assertOutputs, deviceOption, jsonOption, threadsOption } from './options.ts';
import { printJson, sayWritten } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';
import { addSettingOptions, allSettings } from './settingsOptions.ts';

interface Options extends Record<string, unknown> {
  readonly profile?: string;
  readonly device: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `earthmorph distance`: the value of a loss between two volumes, and what the loss sees. */
export const distanceCommand: CommandDefinition = (program) => {
  const command = program
    .command('distance')
    .summary('compute a loss between two scans, and draw it')
    .description(
      'Computes a loss between two scans on the same grid, such as a fixed and a moved one. Each is z-scored first, as in training. A loss with random directions is computed for several draws; mean and standard error are printed.',
    )
    .argument('<a>', 'scan A, the fixed one')
    .argument('<b>', 'scan B, on the same grid');
  addSettingOptions(command, distanceSchema)
    .option(
      '--profile <file>',
      'draw what swd, radon or pswd compares: distances of the patches, projections and the area between them; .png or .svg',
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
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
  const { profile, threads, json } = options;
  const { normalise, seed, draws, ...chosen } = allSettings(distanceSchema, options);
  const loss = chooseSimilarity(chosen.loss, chosen.lossOptions);
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
