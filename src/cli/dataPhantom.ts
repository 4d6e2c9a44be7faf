import { join } from 'node:path';
import { writeAtomically } from '../file/atomic.ts';
import { makeFolder } from '../file/newFolder.ts';
import { writeLabels, writeVolume } from '../file/volumeFile.ts';
import { writePhantomDataset } from '../synthesis/phantom/phantomDataset.ts';
import type { Size } from '../volume/grid.ts';
import { endsAtOnce } from './interruptible.ts';
import { size, whole } from './options.ts';
import { counted, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';

interface Options {
  readonly out: string;
  readonly cases: number;
  readonly seed: number;
  readonly size?: Size;
  readonly json?: boolean;
}

/** `earthmorph data phantom`: makes a synthetic data set with known truth. */
export const dataPhantomCommand: CommandDefinition = (program) => {
  program
    .command('phantom')
    .summary('make a synthetic data set')
    .description(
      "Makes hippocampus-like synthetic cases whose correspondence is known exactly, in the Decathlon's layout: imagesTr, labelsTr, and landmarksTr (RAS mm; row by row the same anatomical point in every case). The same seed gives the same files.",
    )
    .requiredOption('--out <folder>', 'the folder to make; it must be new or empty')
    .option('--cases <n>', 'number of cases', whole(1), 12)
    .option('--seed <n>', 'which data set', whole(0), 1)
    .option('--size <x,y,z>', 'voxels of 1 mm; without it, crops of varying size', size(1, 512, '48,64,48'))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  earthmorph data phantom --out phantom --cases 12 --seed 1')
    .action(run);
};

async function run({ out, cases, seed, size, json }: Options): Promise<void> {
  await endsAtOnce(async () => {
    const progress = startProgress(cases, 'Making cases');
    const onProgress = (done: number): void => progress.update(done);
    await makeFolder(out, (folder) =>
      writePhantomDataset(
        {
          image: (path, volume) => writeVolume(join(folder, path), volume),
          labels: (path, labels) => writeLabels(join(folder, path), labels),
          text: (path, content) => writeAtomically(join(folder, path), content),
        },
        { seed, count: cases, onProgress, ...(size && { size }) },
      ),
    ).finally(progress.stop);
    if (json) printJson({ folder: out, cases, seed });
    else console.log(`${out}: ${counted(cases, 'case')}, seed ${seed}`);
  }, 'Stopped; nothing was written.');
}
