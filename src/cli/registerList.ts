import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { assertDistinctFiles } from '../file/distinctFiles.ts';
import { assertWritable } from '../file/volumeFile.ts';
import { resultsTable, summaryTable } from '../outcome/pairResults.ts';
import { toCsv, toMarkdown } from '../report/page/table.ts';
import { assertOneFixed, writeMeanOfMoved } from '../workflow/meanOfMoved.ts';
import { pairInputs, pairOutputs, pairTask, readPairList } from '../workflow/registerPairs.ts';
import { openMethod } from './method.ts';
import { optionName } from './options.ts';
import { counted, printJson, saySynthetic, sayWarnings, sayWhatIsLeftOut, sayWritten, toJson } from './output.ts';
import { INPUTS, OUTPUTS, type PairOptions } from './pairOptions.ts';
import { type PairProcessOptions, registerInProcesses, servesParent } from './pairProcesses.ts';
import type { PlannedOptions } from './plannedOptions.ts';
import { startProgress } from './progress.ts';

/** Options of `earthmorph register --pairs`. */
export interface ListOptions extends PlannedOptions, PairOptions, PairProcessOptions {
  readonly data?: string;
  readonly out?: string;
  readonly mean?: string;
  readonly plan?: boolean;
  readonly bids?: boolean;
  readonly json?: boolean;
}

/** Registers the pairs of a list. */
export async function registerList(csv: string, options: ListOptions): Promise<void> {
  const { data, out, json } = options;
  if (data === undefined || out === undefined)
    throw new UserError('A list of pairs needs --data (the folder of its scans) and --out (the folder for results).');
  for (const name of [...INPUTS, ...OUTPUTS, 'initialTransform', 'plan', 'bids'] as const)
    if (options[name] !== undefined)
      throw new UserError(`${optionName(name)} belongs to a single pair; leave it out with --pairs.`);
  const { mean } = options;
  if (mean !== undefined) assertWritable(mean);
  const list = await readPairList(csv, data);
  if (mean !== undefined) assertOneFixed(list);
  const table = join(out, 'results.csv');
  const document = join(out, 'results.json');
  await assertDistinctFiles(
    [
      ...pairOutputs(list, out),
      ...[table, document].map((path) => ({ name: 'a result', path })),
      ...(mean === undefined ? [] : [{ name: '--mean', path: mean }]),
    ],
    [...pairInputs(list), { name: 'the list of pairs', path: csv }],
  );
  const { registrar, startOfList } = await openMethod(options, 'planned');
  const task = pairTask(list, { registrar, ...startOfList(list) });
  await servesParent(task);
  saySynthetic(list.dataset);
  const bar = startProgress(list.pairs.length, 'registering');
  try {
    const results = await registerInProcesses(list, task, bar, options, out);
    if (mean !== undefined) await writeMeanOfMoved(mean, list, out);
    await writeAtomically(table, toCsv(resultsTable(results)));
    await writeAtomically(document, `${toJson(results)}\n`);
    bar.stop();
    sayWarnings(results);
    sayWhatIsLeftOut(results);
    if (json) printJson(results);
    else {
      console.log(toMarkdown(summaryTable(results)));
      console.log(
        `Wrote ${out}: the images and warps of ${counted(results.length, 'pair')}, results.csv and results.json.`,
      );
      sayWritten(mean);
    }
  } finally {
    bar.stop();
    await registrar.release();
  }
}
