import { readExperimentFile } from '../experiment/folder/experimentFile.ts';
import { ExperimentFolder } from '../experiment/folder/experimentFolder.ts';
import { type ApplyOptions, applyExperiment } from '../experiment/report/applyExperiment.ts';
import { type ExperimentReport, writeExperimentReport } from '../experiment/report/experimentReport.ts';
import { toMarkdown } from '../report/page/table.ts';
import { choice, jsonOption } from './options.ts';
import { printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { type Progress, startProgress } from './progress.ts';
import { runTrials } from './runTrials.ts';
import { addTrialsOptions, answeringQueue, type TrialsOptions } from './trialsOptions.ts';
import { version } from './version.ts';

/** `earthmorph experiment …`: an evaluation from its configuration to tables and figures. */
export const experimentCommand: CommandDefinition = (program) => {
  const experiment = program
    .command('experiment')
    .summary('run an experiment from a file: train, tune, test, report')
    .description('Runs an experiment that a file describes, from training to tables and figures.')
    .addHelpText(
      'after',
      '\nExample:\n  earthmorph experiment run paper-hippocampus --data Task04_Hippocampus --out runs/paper',
    );
  const run = experiment
    .command('run')
    .summary('run all that is not done yet, then write tables and figures')
    .description(
      'Trains every loss of the experiment, chooses hyper-parameters on the validation pairs, and registers the test pairs. Writes tables (Markdown, CSV, JSON) and figures (SVG, PNG). After an interruption, the same command continues each training after its last finished epoch.',
    )
    .argument('<file>', 'the experiment: a JSON file, or the name of one that ships with EarthMorph');
  addTrialsOptions(run)
    .addHelpText('after', EXPERIMENT_HELP)
    .action((file: string, options: TrialsOptions) => runCommand(file, options));
  experiment
    .command('report')
    .summary('write tables and figures of the trainings that are done')
    .description('Writes the tables and figures of an experiment again, from its records, without training.')
    .argument('<folder>', 'the --out of "earthmorph experiment run"')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  earthmorph experiment report runs/paper')
    .action(async (folder: string, { json }: { json?: boolean }) =>
      print(await writeExperimentReport(await ExperimentFolder.open(folder)), folder, json),
    );
  experiment
    .command('apply')
    .summary('register other pairs with the models of an experiment')
    .description(
      'Registers pairs of two modalities, such as MRI and ultrasound, with the models that an experiment trained; of each loss, with its first model. Writes a table of landmark errors and, for each case, Figure 3 of the paper.',
    )
    .argument('<folder>', 'the --out of "earthmorph experiment run", with its models')
    .requiredOption('--data <dir>', 'folder of the pairs, in the layout of RESECT or DeepReg')
    .requiredOption('--out <dir>', 'folder of the table and figures')
    .option('--cases <id...>', 'cases to register (default: all)')
    .option(
      '--align <kind>',
      'align each pair first: none, rigid or affine (default: as in the experiment)',
      choice(['none', 'rigid', 'affine'] as const),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  earthmorph experiment apply runs/mri-us --data RESECT --cases Case24 --out case24',
    )
    .action(apply);
};

async function apply(path: string, { json, ...options }: ApplyOptions & { json?: boolean }): Promise<void> {
  const folder = await ExperimentFolder.open(path);
  let bar: Progress | undefined;
  try {
    const table = await applyExperiment(folder, {
      ...options,
      onCase(id, done, total) {
        bar ??= startProgress(total, 'registering');
        bar.update(done, id);
      },
    });
    bar?.stop();
    if (json) printJson(table);
    else {
      console.log(toMarkdown(table));
      console.log(`Wrote the table and the figures to ${options.out}.`);
    }
  } finally {
    bar?.stop();
  }
}

const EXPERIMENT_HELP = `
The file is a flat JSON object. It needs name, data and losses. It may have seeds, split or folds, stopping, preset and any training
setting. A list of values is searched as a grid. A loss is its name and its options; several values of an option are separated by bars:
  { "name": "mine", "data": "scans", "preset": "paper", "seeds": [1, 2], "epochs": 30,
    "losses": { "MSE": "mse smoothness=1|3", "PSWD": "pswd patch=7|11 directions=16" } }

Examples:
  earthmorph experiment run phantom --out runs/phantom
  earthmorph experiment run paper-hippocampus --data Task04_Hippocampus --out runs/paper`;

async function runCommand(file: string, options: TrialsOptions): Promise<void> {
  const read = await readExperimentFile(file);
  const queue = await answeringQueue(options);
  const folder = await ExperimentFolder.prepare(options.out, read, version, options.data);
  await runTrials('experiment', folder, options, queue, async () =>
    print(await writeExperimentReport(folder), folder.path, options.json),
  );
}

function print({ tables, notes }: ExperimentReport, folder: string, json?: boolean): void {
  if (json) {
    printJson({ tables, notes });
    return;
  }
  const headline = Object.entries(tables).filter(([name]) => /^table[12]-[a-z]+$/.test(name));
  console.log(headline.map(([, table]) => toMarkdown(table)).join('\n'));
  for (const note of notes) console.log(`Note: ${note}`);
  console.log(`All tables are in ${folder}/tables.md, figures in ${folder}/figures.`);
}
