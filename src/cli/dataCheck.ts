import { type CheckReport, checkDataset, type Problem, type Range } from '../dataset/check.ts';
import { type Dataset, openDataset } from '../dataset/dataset.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { readLabels, readVolume } from '../file/volumeFile.ts';
import { columns, counted, printJson } from './output.ts';
import { type CommandDefinition, USER_MISTAKE } from './program.ts';
import { startProgress } from './progress.ts';

interface Options {
  readonly json?: boolean;
}

/** `earthmorph data check`: reads a whole data set and says what is wrong with it. */
export const dataCheckCommand: CommandDefinition = (program) => {
  program
    .command('check')
    .summary('look for problems in a data set')
    .description(
      'Reads every image and segmentation of a data set and reports problems: unreadable files, NaN, constant images, labels on another grid, empty labels, odd spacings. The exit code is 2 if there is an error.',
    )
    .argument(
      '<folder>',
      'the data set (Decathlon, Learn2Reg, RESECT, DeepReg, or images/ with labels/), or its JSON file',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  earthmorph data check data/Task04_Hippocampus')
    .action(run);
};

async function run(folder: string, { json }: Options): Promise<void> {
  const dataset = await openDataset(folder, nodeFiles(), { requireFiles: false });
  const progress = startProgress(dataset.cases.length, 'Checking');
  const reader = { image: readVolume, labels: readLabels };
  const report = await checkDataset(dataset, reader, (done) => progress.update(done)).finally(progress.stop);
  if (report.problems.some(({ severity }) => severity === 'error')) process.exitCode = USER_MISTAKE;
  if (json) printJson({ name: dataset.name, layout: dataset.layout, ...report });
  else console.log(describe(dataset, report));
}

function describe({ name, layout, labelNames, synthetic }: Dataset, { problems, summary }: CheckReport): string {
  const axes = ['x', 'y', 'z'] as const;
  const labels = Object.entries(summary.labelVolume).map(([label, volume]) => {
    const named = labelNames[Number(label)];
    return row(`label ${label}${named === undefined ? '' : ` ${named}`}, mm³ (${cases(volume.cases)})`, volume, 1);
  });
  const table = columns([
    ['', 'min', 'median', 'max'],
    ...summary.size.map((range, axis) => row(`size ${axes[axis]}, voxels`, range, 1)),
    ...summary.spacing.map((range, axis) => row(`spacing ${axes[axis]}, mm`, range, 3)),
    ...labels,
  ]);
  const head = `${name} (${layout}): ${cases(summary.cases)}, ${summary.withLabels} with labels`;
  return [
    head,
    ...(synthetic ? [synthetic.description] : []),
    '',
    table,
    '',
    ...problems.map(line),
    count(problems),
  ].join('\n');
}

function row(label: string, { min, median, max }: Range, places: number): string[] {
  return [label, ...[min, median, max].map((value) => String(Number(value.toFixed(places))))];
}

function cases(n: number): string {
  return counted(n, 'case');
}

function line({ case: id, severity, problem }: Problem): string {
  return `${severity.padEnd(7)}  ${id}: ${problem}`;
}

function count(problems: readonly Problem[]): string {
  if (problems.length === 0) return 'No problem found.';
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return `Errors: ${errors}. Warnings: ${problems.length - errors}.`;
}
