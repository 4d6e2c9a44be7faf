import { openDataset } from '../dataset/dataset.ts';
import { makeFolder } from '../file/newFolder.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { type PairResult, summaryTable } from '../outcome/pairResults.ts';
import { toMarkdown } from '../report/page/table.ts';
import { prescribedPairs, submissionTask } from '../workflow/submission.ts';
import { openMethod } from './method.ts';
import { addModelOptions } from './modelOptions.ts';
import { choice, jsonOption } from './options.ts';
import { printJson, saySynthetic, sayWarnings, sayWritten } from './output.ts';
import { addProcessesOption, type PairProcessOptions, registerInProcesses, servesParent } from './pairProcesses.ts';
import { addPlannedOptions, type PlannedOptions } from './plannedOptions.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';

const SPLITS = ['training', 'validation', 'test'] as const;

interface Options extends PlannedOptions, PairProcessOptions {
  readonly data: string;
  readonly out: string;
  readonly split: (typeof SPLITS)[number];
  readonly json?: boolean;
}

/** `earthmorph submission`: the fields of a challenge's pairs. */
export const submissionCommand: CommandDefinition = (program) => {
  const command = program
    .command('submission')
    .summary('register the pairs of a Learn2Reg task and write its submission')
    .description(
      'Registers the pairs that the dataset.json of a Learn2Reg task lists. Writes disp_FFFF_MMMM.nii.gz for each: displacements in voxels, in the order of the axes, on the grid of the fixed scan.',
    )
    .requiredOption('--data <dir>', "folder of the task, with its dataset.json (or the file's path)")
    .requiredOption('--out <dir>', 'a new folder for the fields')
    .option('--split <name>', `which pairs: ${SPLITS.join(', ')}`, choice(SPLITS), 'validation');
  addProcessesOption(addPlannedOptions(addModelOptions(command)))
    .addOption(jsonOption('print JSON: the pairs and the aggregate'))
    .addHelpText('after', '\nExample:\n  earthmorph submission --model runs/ncc --data HippocampusMR --out submission')
    .action(run);
};

async function run(options: Options): Promise<void> {
  const dataset = await openDataset(options.data, nodeFiles());
  const list = prescribedPairs(dataset, options.split);
  const { registrar, startOfList } = await openMethod(options, 'named');
  const task = submissionTask(list, registrar, startOfList(list).start);
  await servesParent(task);
  saySynthetic(dataset);
  const bar = startProgress(list.pairs.length, 'registering');
  try {
    let results: readonly PairResult[] = [];
    await makeFolder(options.out, async (folder) => {
      results = await registerInProcesses(list, task, bar, options, folder);
    });
    bar.stop();
    sayWarnings(results);
    if (options.json) printJson({ aggregate: summaryTable(results).rows, pairs: results });
    else {
      console.log(toMarkdown(summaryTable(results)));
      sayWritten(options.out);
    }
  } finally {
    bar.stop();
    await registrar.release();
  }
}
