import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { makeFolder } from '../file/newFolder.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { readVolume, writeVolume, writeWarp } from '../file/volumeFile.ts';
import { findMri } from '../synthesis/ultrasound/mriSources.ts';
import { type MriSource, RESECT_INITIAL_ERROR, writeSimulation } from '../synthesis/ultrasound/simulatedDataset.ts';
import type { Size } from '../volume/grid.ts';
import { endsAtOnce } from './interruptible.ts';
import { number, size, whole } from './options.ts';
import { counted, meanAndSd, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';

interface Options {
  readonly out: string;
  readonly cases: number;
  readonly seed: number;
  readonly mri?: readonly string[];
  readonly spacing?: number;
  readonly shift: number;
  readonly size?: Size;
  readonly json?: boolean;
}

/** `earthmorph data simulate-us`: simulates ultrasound from MRI, with the true deformation. */
export const dataSimulateUsCommand: CommandDefinition = (program) => {
  program
    .command('simulate-us')
    .summary('simulate ultrasound from MRI, with known truth')
    .description(
      "Simulates brain ultrasound from MRI, synthetic or given, with a deformation that is known exactly, in RESECT's layout: CaseN/MRI, CaseN/US, CaseN/Landmarks (exact pairs), and CaseN/Truth (the true warp, ultrasound to MRI). simulation.json says that the data is simulated. The same seed gives the same files.",
    )
    .requiredOption('--out <folder>', 'the folder to make; it must be new or empty')
    .option('--cases <n>', 'number of cases', whole(1), 22)
    .option('--seed <n>', 'which data set', whole(0), 1)
    .option('--mri <paths...>', 'real MRI to simulate from, in turn: files or folders, skull-stripped where possible')
    .option(
      '--spacing <mm>',
      "voxels of the ultrasound and of synthetic MRI; default 1, with --mri the MRI's",
      number(0),
    )
    .option(
      '--shift <mm>',
      'mean over cases of the distance of landmarks before registration',
      number(0),
      RESECT_INITIAL_ERROR,
    )
    .option('--size <x,y,z>', 'voxels of synthetic MRI; without it, 112×112×104 mm', size(8, 512, '112,112,104'))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  earthmorph data simulate-us --out simulated --cases 22 --seed 1')
    .action(run);
};

async function run({ out, cases, seed, mri, spacing, shift, size, json }: Options): Promise<void> {
  if (mri && size) throw new UserError('--size is for synthetic MRI; leave it out with --mri.');
  await endsAtOnce(async () => {
    const sources = mri && (await sourcesOf(mri));
    const progress = startProgress(cases, 'Simulating cases');
    const onProgress = (done: number): void => progress.update(done);
    const options = {
      ...{ seed, count: cases, shift, onProgress },
      ...(size && { size }),
      ...(spacing !== undefined && { spacing }),
      ...(sources && { mri: sources }),
    };
    let distances: readonly number[] = [];
    await makeFolder(out, async (folder) => {
      const simulation = await writeSimulation(
        {
          image: (path, volume) => writeVolume(join(folder, path), volume),
          warp: (path, warp) => writeWarp(join(folder, path), warp),
          text: (path, content) => writeAtomically(join(folder, path), content),
        },
        options,
      );
      distances = simulation.cases.map(({ initialDistance }) => initialDistance);
    }).finally(progress.stop);
    if (json) printJson({ folder: out, simulated: true, cases, seed, initialDistance: distances });
    else
      console.log(
        `${out}: ${counted(cases, 'case')} of simulated ultrasound, seed ${seed}; landmarks are ${meanAndSd(distances, 2)} mm apart before registration`,
      );
  }, 'Stopped; nothing was written.');
}

async function sourcesOf(paths: readonly string[]): Promise<MriSource[]> {
  const found = await findMri(paths, nodeFiles());
  return found.map(({ t1, flair }) => ({
    name: basename(t1),
    read: async () => ({ t1: await readVolume(t1), ...(flair && { flair: await readVolume(flair) }) }),
  }));
}
