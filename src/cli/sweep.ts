import { resolve } from 'node:path';
import { Help } from 'commander';
import { UserError } from '../errors.ts';
import { readExperimentFile } from '../experiment/folder/experimentFile.ts';
import { ExperimentFolder } from '../experiment/folder/experimentFolder.ts';
import { headlineOf, measureInfo } from '../experiment/protocol/measures.ts';
import { writeSweepReport } from '../experiment/report/sweepReport.ts';
import { shellWord, slurmScript } from '../experiment/runner/slurm.ts';
import { folderStatus, type TrialStatus } from '../experiment/runner/status.ts';
import { writeAtomically } from '../file/atomic.ts';
import { toMarkdown } from '../report/page/table.ts';
import { importVariable } from './extensions.ts';
import { jsonOption } from './options.ts';
import { columns, decimals, duration, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { addQueueOptions, type QueueOptions, queueOf } from './queueOptions.ts';
import { runTrials } from './runTrials.ts';
import { addTrialsOptions, answeringQueue, processesOf, type TrialsOptions } from './trialsOptions.ts';
import { version } from './version.ts';

interface Options extends TrialsOptions {
  readonly slurm?: string;
}

/** Hours of a task of an array job where neither the command nor the experiment names a budget. */
const SLURM_HOURS = 24;

/** `earthmorph sweep`: every point of an experiment's grids, here or on many machines. */
export const sweepCommand: CommandDefinition = (program) => {
  const group = program
    .command('sweep')
    .summary('search hyper-parameters, here or on many machines')
    .description("Trains and ranks every point of an experiment's grids, here or on many machines.")
    .addHelpText('after', SWEEP_HELP);
  const sweep = group
    .command('run', { isDefault: true })
    .summary('train every point of the grids; the word "run" may be left out')
    .description(
      "Trains every point of an experiment's grids with every seed. Ranks the points by the Dice of the validation pairs; test pairs are not used. After an interruption, the same command continues.",
    )
    .argument('<file>', 'the experiment: a JSON file, or the name of one that ships with EarthMorph');
  addTrialsOptions(sweep)
    .option('--slurm <file>', 'do not train; write the script of a Slurm array job')
    .addHelpText('after', SWEEP_HELP)
    .action((file: string, options: Options) => run(file, options));
  const statusCommand = group
    .command('status')
    .summary('list the trainings of a sweep or an experiment')
    .description('Lists the trainings of a sweep or an experiment and the state of each.')
    .argument('[folder]', 'the --out of the sweep or experiment; without it, all that is on the queue')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  earthmorph sweep status runs/grid --queue redis://host:6379')
    .action(status);
  addQueueOptions(statusCommand, 'ask this queue, which knows the worker of each training');
  // The help of the group also has the options of "run", since that word may be left out. Subcommands do not inherit
  // this.
  group.usage('[run] <file> [options]').configureHelp({
    visibleOptions: (command) =>
      Help.prototype.visibleOptions.call(new Help(), command).concat(sweep.options.filter(({ hidden }) => !hidden)),
  });
};

const SWEEP_HELP = `
Examples:
  earthmorph sweep grid.json --out runs/grid --processes 2
  earthmorph sweep grid.json --out runs/grid --queue redis://host:6379     # and on any machine: earthmorph worker --queue redis://host:6379
  earthmorph sweep grid.json --out runs/grid --slurm job.sh && sbatch job.sh
  earthmorph sweep status runs/grid`;

async function run(file: string, options: Options): Promise<void> {
  const read = await readExperimentFile(file);
  if (options.slurm !== undefined && options.queue !== undefined)
    throw new UserError('--slurm writes a script and --queue runs trainings; give one of them.');
  const queue = await answeringQueue(options);
  const folder = await ExperimentFolder.prepare(options.out, read, version, options.data);
  if (options.slurm !== undefined)
    return writeSlurm(options.slurm, folder, processesOf(options), options.hours ?? folder.config.hours ?? SLURM_HOURS);
  await runTrials('sweep', folder, options, queue, async () => {
    const table = await writeSweepReport(folder);
    const failed = (await folderStatus(folder)).filter(({ state }) => state === 'failed');
    if (options.json) {
      printJson({ table, failed });
      return;
    }
    console.log(toMarkdown(table));
    for (const { id, failure } of failed) console.log(`Note: ${id} failed: ${failure}`);
  });
}

async function writeSlurm(
  path: string,
  folder: ExperimentFolder,
  { processes, threads }: { readonly processes: number; readonly threads: number },
  hours: number,
): Promise<void> {
  const open = (await folderStatus(folder)).filter(({ state }) => state !== 'finished').map(({ id }) => id);
  const variable = importVariable();
  const script = slurmScript({
    name: folder.config.name,
    command: `${variable === undefined ? '' : `env ${shellWord(variable)} `}node ${shellWord(resolve(process.argv[1] as string))}`,
    folder: resolve(folder.path),
    ids: open,
    threads,
    hours,
    processes,
  });
  await writeAtomically(path, script);
  console.log(`${path}: ${open.length} tasks, ${processes} at a time; submit it with: sbatch ${shellWord(path)}`);
}

interface StatusOptions extends QueueOptions {
  readonly json?: boolean;
}

async function status(path: string | undefined, { json, ...options }: StatusOptions): Promise<void> {
  const queue = await queueOf(options);
  if (path === undefined && queue === undefined)
    throw new UserError('Give the folder of the sweep, or the queue with --queue.');
  const folder = path === undefined ? undefined : await ExperimentFolder.open(path);
  const rows =
    queue === undefined
      ? await folderStatus(folder as ExperimentFolder)
      : await (await import('../experiment/queue/queue.ts')).queueStatus(queue, folder);
  if (json) {
    const trials = rows.map(({ score, ...row }) => ({ ...row, ...(score ? { [score.measure]: score.value } : {}) }));
    printJson({ counts: counts(rows), trials });
    return;
  }
  const isQueue = queue !== undefined;
  // As tables give it: of the validation pairs of what is finished.
  const { key, column, scale } = headlineOf(rows.flatMap(({ score }) => (score ? [measureInfo(score.measure)] : [])));
  console.log(
    columns([
      [
        'trial',
        'state',
        'epochs',
        column.unit === undefined ? column.heading : `${column.heading} (${column.unit})`,
        'time',
        ...(isQueue ? ['starts', 'worker'] : []),
      ],
      ...rows.map((row) => [
        row.id,
        row.state,
        row.epochsAtMost > 0 ? `${row.epochsDone} of ${row.epochsAtMost}` : '–',
        decimals(scale * (row.score?.measure === key ? row.score.value : Number.NaN), column.digits ?? 2),
        duration(row.seconds),
        ...(isQueue ? [String(row.starts ?? 0), row.worker ?? '–'] : []),
      ]),
    ]),
  );
  console.log(
    Object.entries(counts(rows))
      .map(([state, count]) => `${count} ${state}`)
      .join(', '),
  );
  for (const { id, failure } of rows) if (failure !== undefined) console.log(`${id} failed: ${failure}`);
}

function counts(rows: readonly TrialStatus[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const { state } of rows) out[state] = (out[state] ?? 0) + 1;
  return out;
}
