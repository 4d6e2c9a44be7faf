import { join } from 'node:path';
import { withKind } from '../../dataset/synthetic.ts';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { type Table, toCsv, toMarkdown } from '../../report/page/table.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { measuresOf } from '../protocol/measures.ts';
import type { MethodResult } from '../protocol/results.ts';
import { methodsOf, referenceOf } from '../protocol/trials.ts';
import { methodResults } from '../runner/runExperiment.ts';
import { writeExperimentFigures } from './experimentFigures.ts';
import { type Outcome, searchTable, startTable, testTable, trialTable, validationTable } from './tables.ts';

/** What was written. */
export interface ExperimentReport {
  readonly tables: Readonly<Record<string, Table>>;
  /** Sentences on what is missing, and why. */
  readonly notes: readonly string[];
}

/**
 * Writes the tables (`tables.md`, `tables.json`, a CSV each) and figures (SVG and PNG) of what is done of an
 * experiment.
 * @throws UserError when not one trial is tested
 */
export async function writeExperimentReport(folder: ExperimentFolder): Promise<ExperimentReport> {
  const { config } = folder;
  const methods = await methodResults(folder);
  const done = methods.filter(({ trials }) => trials.length > 0);
  const [failure] = methods.flatMap(({ failures }) => failures);
  if (done.length === 0)
    throw new UserError(
      failure === undefined
        ? `No training in ${folder.path} is finished and tested yet; "earthmorph experiment run" continues it.`
        : `No training in ${folder.path} is finished and tested, and some failed: ${failure}`,
    );
  const outcome: Outcome = {
    name: config.name,
    methods,
    reference: referenceOf(config, methodsOf(config)).name,
    rules: config.stopping,
    paper: config.paper,
    pairs: withKind('pairs', folder.synthetic),
    measures: measuresOf(
      done.flatMap(({ trials }) =>
        trials.flatMap(({ result }) => Object.values(result.rules).flatMap(({ validation }) => validation)),
      ),
    ),
  };
  const tables = tablesOf(outcome);
  // All is worked out before anything is written.
  const texts: [name: string, text: string][] = [
    ['tables.md', Object.values(tables).map(toMarkdown).join('\n')],
    ['tables.json', `${JSON.stringify(tables, null, 1)}\n`],
    ...Object.entries(tables).map(([name, table]): [string, string] => [`${name}.csv`, toCsv(table)]),
  ];
  for (const [name, text] of texts) await writeAtomically(join(folder.path, name), text);
  const notes = await writeExperimentFigures(folder, outcome, done);
  return { tables, notes: [...notes, ...missing(methods, folder)] };
}

/** The tables by the name of their file; those of further rules of early stopping end in the rule's name. */
function tablesOf(outcome: Outcome): Readonly<Record<string, Table>> {
  const perRule = outcome.rules.flatMap((rule, rank): [string, Table][] => {
    const suffix = rank === 0 ? '' : `-${rule}`;
    return [
      [`table1-validation${suffix}`, validationTable(outcome, rule)],
      [`table2-test${suffix}`, testTable(outcome, rule)],
      [`table3-unregistered${suffix}`, startTable(outcome, rule)],
      [`table4-trials${suffix}`, trialTable(outcome, rule)],
    ];
  });
  const search = searchTable(outcome);
  return Object.fromEntries([...perRule, ...(search ? [['table5-search', search] as const] : [])]);
}

function missing(methods: readonly MethodResult[], { config }: ExperimentFolder): string[] {
  const wanted = config.seeds.length * (config.folds ?? 1);
  return methods.flatMap(({ name, trials, failures }) => [
    ...(trials.length < wanted ? [`${name}: ${trials.length} of ${wanted} trainings are done.`] : []),
    ...failures.map((failure) => `${name}: a training failed: ${failure}`),
  ]);
}
