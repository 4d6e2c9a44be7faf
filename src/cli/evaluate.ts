import type { MriSequence } from '../dataset/resect.ts';
import { writeAtomically } from '../file/atomic.ts';
import { given } from '../given.ts';
import { pairFigure } from '../outcome/onePairReport.ts';
import { judgeOf, type PairResult, summaryTable, valuesIn } from '../outcome/pairResults.ts';
import { worstMedianBest } from '../report/page/htmlReport.ts';
import { toMarkdown } from '../report/page/table.ts';
import { assertFigureName, manyPairsReport, writeFigure } from '../workflow/pairReport.ts';
import { registerFiles } from '../workflow/registerFiles.ts';
import {
  filesOfPair,
  ownPairList,
  type PairList,
  pairInputs,
  pairTask,
  readPairList,
} from '../workflow/registerPairs.ts';
import { openMethod } from './method.ts';
import { addModelOptions } from './modelOptions.ts';
import { assertOutputs, jsonOption, mriOption } from './options.ts';
import { counted, printJson, saySynthetic, sayWarnings, sayWhatIsLeftOut, sayWritten } from './output.ts';
import { commandLine } from './pairOptions.ts';
import { addProcessesOption, type PairProcessOptions, registerInProcesses, servesParent } from './pairProcesses.ts';
import { addPlannedOptions, type PlannedOptions } from './plannedOptions.ts';
import type { CommandDefinition } from './program.ts';
import { type Progress, startProgress } from './progress.ts';

interface Options extends PlannedOptions, PairProcessOptions {
  readonly pairs?: string;
  readonly data: string;
  readonly mriSequence?: MriSequence;
  readonly figure?: string;
  readonly report?: string;
  readonly json?: boolean;
}

/** `earthmorph evaluate`: how a method does on a list of pairs. */
export const evaluateCommand: CommandDefinition = (program) => {
  const command = program
    .command('evaluate')
    .summary('register a list of pairs and measure the results')
    .description(
      'Registers every pair of a list, or of a data set of two modalities. Prints mean and SD over the pairs of every measure for which there are labels or landmarks. It writes no volumes.',
    )
    .requiredOption(
      '--data <dir>',
      'folder of the scans; labels lie in labelsTr/ or labels/, or where dataset.json says',
    )
    .option(
      '--pairs <csv>',
      'list of pairs: columns fixed,moving (and fixed_labels,moving_labels); paths are absolute or relative to --data (default: the two images of each case, as in RESECT)',
    )
    .addOption(mriOption())
    .option('--figure <file>', 'draw the median pair by landmark error or Dice: .png or .svg')
    .option('--report <file>', 'write an HTML report');
  addProcessesOption(addPlannedOptions(addModelOptions(command)))
    .addOption(jsonOption('print JSON: the pairs and the aggregate'))
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph evaluate --model runs/ncc --pairs test.csv --data Task04_Hippocampus --report evaluation.html\n  earthmorph evaluate --model none --align rigid --refine 100 --loss mind --data RESECT',
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  if (options.figure !== undefined) assertFigureName(options.figure);
  const { pairs, data, mriSequence: mri } = options;
  const open = given({ mri });
  const list = pairs === undefined ? await ownPairList(data, open) : await readPairList(pairs, data, open);
  await assertOutputs(options, ['figure', 'report'], ['pairs', 'model'], pairInputs(list));
  const note = list.dataset.synthetic?.description;
  const { registrar, startOfList, provenance } = await openMethod(options, 'named');
  const { start } = startOfList(list);
  const task = pairTask(list, { registrar, ...given({ start }) });
  await servesParent(task);
  sayWhatTheDataAre(list);
  const bar = startProgress(list.pairs.length, 'evaluating');
  let drawing: Progress | undefined;
  try {
    const results = await registerInProcesses(list, task, bar, options);
    bar.stop();
    const figureOf = async (index: number): Promise<string> => {
      const pair = list.pairs[index] as (typeof list.pairs)[number];
      const registered = await registerFiles(registrar, await filesOfPair(list, pair), start);
      const { labelNames } = list.dataset;
      return pairFigure(registered, `${pair.moving.id} moved onto ${pair.fixed.id}`, { labelNames, note });
    };
    if (options.figure !== undefined || options.report !== undefined) drawing = startProgress(0, 'drawing');
    if (options.figure !== undefined) await writeFigure(options.figure, await figureOf(medianPair(results)));
    if (options.report !== undefined) {
      const origin = { ...provenance(commandLine()), 'Synthetic data': note };
      const html = await manyPairsReport(results, origin, figureOf);
      await writeAtomically(options.report, html);
    }
    drawing?.stop();
    sayWarnings(results);
    sayWhatIsLeftOut(results);
    if (options.json) printJson({ aggregate: summaryTable(results).rows, pairs: results });
    else {
      console.log(toMarkdown(summaryTable(results)));
      sayWritten(options.figure, options.report);
    }
  } finally {
    bar.stop();
    drawing?.stop();
    await registrar.release();
  }
}

/** What is made or left out, in sentences. */
function sayWhatTheDataAre({ dataset }: PairList): void {
  saySynthetic(dataset);
  const { incomplete = [] } = dataset;
  if (incomplete.length > 0)
    console.error(
      `Note: ${counted(incomplete.length, 'incomplete case')} ${incomplete.length === 1 ? 'is' : 'are'} left out: ${incomplete.map(({ id, lacks }) => `${id} (no ${lacks})`).join(', ')}.`,
    );
}

/** The pair in the middle by what pairs are judged by; the first where they have neither landmarks nor labels. */
function medianPair(results: readonly PairResult[]): number {
  const judge = judgeOf(results);
  const places = judge ? worstMedianBest(valuesIn(results, judge), judge.better === 'less' ? 'lower' : 'higher') : [];
  return places.find(({ name }) => name === 'median')?.index ?? 0;
}
