import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { mean } from '../../metric/statistics.ts';
import { summarise, type Table, toCsv, toMarkdown } from '../../report/page/table.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { headlineOf, measureInfo } from '../protocol/measures.ts';
import { ruleOf, type TrialResult, validationScore } from '../protocol/results.ts';
import { methodsOf, trialsOf } from '../protocol/trials.ts';
import { finishedTrials } from '../runner/runExperiment.ts';

/**
 * Ranks the points of a sweep by the landmark distance or Dice of their validation pairs, seeds and folds averaged, and
 * writes `sweep.md`, `sweep.csv` and `sweep.json`.
 * @throws UserError when no trial is finished
 */
export async function writeSweepReport(folder: ExperimentFolder): Promise<Table> {
  const results = new Map((await finishedTrials(folder)).map((result) => [result.trial.id, result]));
  if (results.size === 0)
    throw new UserError(
      `No training in ${folder.path} is finished; "earthmorph sweep status ${folder.path}" lists the state of each.`,
    );
  const { config } = folder;
  const [rule = 'absolute'] = config.stopping;
  const rows = methodsOf(config).flatMap((method) =>
    method.variants.flatMap((variant) => {
      const trials = trialsOf(config, [{ method, variant }]);
      const done = trials.flatMap(({ id }): TrialResult[] => {
        const result = results.get(id);
        return result ? [result] : [];
      });
      if (done.length === 0) return [];
      const scores = done.flatMap((result) => validationScore(result, rule) ?? []);
      const measure = headlineOf(scores.map((score) => measureInfo(score.measure)));
      return [
        {
          loss: method.name,
          variant: variant.name,
          trials: `${done.length} of ${trials.length}`,
          measure,
          score: scores.length > 0 ? summarise(scores.map(({ value }) => value * measure.scale)) : undefined,
          best: done.map((result) => ruleOf(result, rule).bestEpoch).join(', '),
          minutes: mean(done.map((result) => ruleOf(result, rule).seconds / 60)),
        },
      ];
    }),
  );
  const { column, better } = rows[0]?.measure ?? headlineOf([]);
  const order = (row: (typeof rows)[number]): number => better * (row.score?.mean ?? Number.NEGATIVE_INFINITY * better);
  const { synthetic } = folder;
  const made = synthetic ? ` The pairs are ${synthetic.kind}: ${synthetic.description}` : '';
  const table: Table = {
    caption: `${config.name}: ${column.heading} of the validation pairs after training, mean ± SD over trainings (seeds, folds), the best first.${made}`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'variant', heading: 'point of the grid' },
      { key: 'trials', heading: 'trainings' },
      { ...column, key: 'score', heading: `${column.heading}, validation` },
      { key: 'best', heading: 'best epoch' },
      { key: 'minutes', heading: 'time a training', unit: 'min', digits: 1 },
    ],
    rows: rows.toSorted((a, b) => order(b) - order(a)).map(({ measure: _, ...row }) => row),
  };
  await writeAtomically(join(folder.path, 'sweep.md'), toMarkdown(table));
  await writeAtomically(join(folder.path, 'sweep.csv'), toCsv(table));
  await writeAtomically(join(folder.path, 'sweep.json'), `${JSON.stringify(table, null, 1)}\n`);
  return table;
}
