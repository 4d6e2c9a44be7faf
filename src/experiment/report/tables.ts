import { ALIGNMENT_LOSS } from '../../loss/alignmentLoss.ts';
import { mean } from '../../metric/statistics.ts';
import { type Cell, type Column, summarise, type Table } from '../../report/page/table.ts';
import { OWN, type TrainingConfig, trainingConfig } from '../../training/configuration.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import { secondsPerStep, testScores, validationScores, valuesOf } from '../protocol/comparison.ts';
import { headlineOf, type MeasureInfo } from '../protocol/measures.ts';
import { PAPER, PAPER_MRI_US } from '../protocol/paper.ts';
import { type MethodResult, type PairScore, ruleOf } from '../protocol/results.ts';
import {
  changeCells,
  changeColumns,
  HOW_TESTED,
  referenceCells,
  referenceColumns,
  scoreCells,
  withStart,
} from './differences.ts';

/** What all tables of an experiment need. */
export interface Outcome {
  readonly name: string;
  readonly methods: readonly MethodResult[];
  /** Name of the method that others are tested against. */
  readonly reference: string;
  /** Rules of early stopping, the headline's first. */
  readonly rules: readonly StoppingRule[];
  /** Whether the paper's figures belong beside these. */
  readonly paper: boolean;
  /** What the pairs are, for captions; says so where they are simulated. */
  readonly pairs: string;
  /** What is measured, of the pairs and of their deformation. */
  readonly measures: readonly MeasureInfo[];
}

/** The columns of the paper's figures: those of the hippocampus, or those across modalities. */
function paperColumns({ paper, measures }: Outcome): readonly Column[] {
  if (!paper) return [];
  return headlineOf(measures).key === 'tre'
    ? [{ key: 'paperTre', heading: 'paper: TRE', unit: 'mm', digits: 1 }]
    : [
        { key: 'paperHd95', heading: 'paper: HD95', unit: 'mm', digits: 2 },
        { key: 'paperDice', heading: 'paper: Dice', unit: '%', digits: 2 },
      ];
}

/** How each rule reads in a caption. */
const RULES: Readonly<Record<StoppingRule, string>> = {
  absolute: 'early stopping as in the paper (patience and an absolute smallest fall of the loss)',
  relative: 'early stopping with the smallest fall as a share of the loss before training',
};

/**
 * The pairs at their start, and after each transform if there was one before. `empty` columns belong to methods alone.
 */
function startRows(
  outcome: Outcome,
  methods: readonly MethodResult[],
  scores: readonly (readonly PairScore[])[],
  empty: readonly string[],
): Record<string, Cell>[] {
  const blank = Object.fromEntries(empty.map((key) => [key, '']));
  const start = { loss: 'unregistered', ...blank, ...scoreCells(outcome.measures, scores[0] ?? [], 'before') };
  const alignments = alignmentsOf(
    methods.map((method, index) => ({
      label: labelOf(method),
      config: trainingConfig(method.trials[0]?.result.trial.settings ?? {}),
      isAligned: (scores[index] ?? []).some(({ aligned }) => aligned),
    })),
  );
  const rows = alignments.map(({ label, method }) => ({
    loss: label,
    ...blank,
    ...scoreCells(outcome.measures, scores[method] ?? [], 'aligned'),
  }));
  return [start, ...rows];
}

/** A method, and whether its pairs were aligned before its network. */
interface AlignedMethod {
  readonly label: string;
  readonly config: TrainingConfig;
  readonly isAligned: boolean;
}

/**
 * The alignments that methods began from, each once: the row's label, and the index of the first method that has it.
 */
export function alignmentsOf(methods: readonly AlignedMethod[]): readonly { label: string; method: number }[] {
  const found = new Map<string, number>();
  for (const [index, { label, config, isAligned }] of methods.entries()) {
    const { affineLoss = ALIGNMENT_LOSS } = config;
    const by = affineLoss === OWN ? `the loss of ${label}` : affineLoss;
    if (isAligned && !found.has(by)) found.set(by, index);
  }
  return [...found].map(([by, method]) => ({ label: found.size === 1 ? 'aligned' : `aligned by ${by}`, method }));
}

const paperCell = ([average, sd]: readonly [number, number]): Cell => ({
  mean: average,
  sd,
  n: Number.NaN,
  of: Number.NaN,
});

/** What the paper says of a method; with landmarks also of the unregistered pairs. */
function paperCells({ paper, measures }: Outcome, name: string, part: keyof typeof PAPER): Record<string, Cell> {
  const key = name.toLowerCase();
  if (!paper) return {};
  if (headlineOf(measures).key === 'tre') {
    const figures = part === 'test' ? PAPER_MRI_US[key] : undefined;
    return figures ? { paperTre: paperCell(figures) } : {};
  }
  const figures = PAPER[part][key];
  if (!figures) return {};
  return { paperHd95: paperCell(figures.hd95), paperDice: paperCell(figures.dice), paperEnd: figures.endEpoch };
}

function trained(methods: readonly MethodResult[]): readonly MethodResult[] {
  return methods.filter(({ trials }) => trials.length > 0);
}

function pairsSentence(count: number, { pairs }: Outcome, methods: readonly MethodResult[]): string {
  const seeds = [...new Set(methods.flatMap(({ trials }) => trials.map(({ result }) => result.trial.seed)))];
  const whole = new Set(methods.map(({ trials }) => trials.length)).size === 1;
  const list = `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
  return `${count} ${pairs}; mean ± SD over pairs, each the mean over ${whole ? `the ${list}` : `what is done of the ${list}`}`;
}

/** The paper's Table 1: validation pairs, and when training ended. */
export function validationTable({ measures: all, ...others }: Outcome, rule: StoppingRule): Table {
  const outcome: Outcome = { ...others, measures: all.filter(({ needs }) => needs !== 'warp') };
  const methods = trained(outcome.methods);
  const scores = methods.map((method) => validationScores(method, rule));
  const start = scores[0] as readonly PairScore[];
  const epochs = ({ trials }: MethodResult, pick: 'endEpoch' | 'bestEpoch'): string =>
    trials
      .map(({ result }) => ruleOf(result, rule))
      .map((at) => `${at[pick]}${pick === 'endEpoch' && !at.stopped ? ' *' : ''}`)
      .join(', ');
  return {
    caption: `${outcome.name}, validation: ${pairsSentence(start.length, outcome, methods)}; ${RULES[rule]}. Epochs one a seed; *: ended by the number of epochs, not by the rule.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'end', heading: 'end epoch' },
      { key: 'best', heading: 'best epoch' },
      { key: 'minutes', heading: 'time to the end', unit: 'min', digits: 0 },
      ...outcome.measures.map(({ column }) => column),
      ...(outcome.paper && headlineOf(outcome.measures).key === 'dice'
        ? [{ key: 'paperEnd', heading: 'paper: end epoch', digits: 0 }, ...paperColumns(outcome)]
        : []),
    ],
    rows: [
      ...startRows(outcome, methods, scores, ['end', 'best']),
      ...methods.map((method, index) => ({
        loss: labelOf(method),
        end: epochs(method, 'endEpoch'),
        best: epochs(method, 'bestEpoch'),
        minutes: mean(method.trials.map(({ result }) => ruleOf(result, rule).seconds / 60)),
        ...scoreCells(outcome.measures, scores[index] as readonly PairScore[], 'after'),
        ...paperCells(outcome, method.name, 'validation'),
      })),
    ],
  };
}

/** The paper's Table 2: test pairs, with paired tests against the reference. */
export function testTable(outcome: Outcome, rule: StoppingRule): Table {
  const methods = trained(outcome.methods);
  const all = methods.map((method) => testScores(method, rule));
  const start = all[0] as readonly PairScore[];
  const at = methods.findIndex(({ name }) => name === outcome.reference);
  const headline = headlineOf(outcome.measures);
  const compared = referenceCells(headline, all, at);
  const baseline = at >= 0 ? secondsPerStep(methods[at] as MethodResult) : Number.NaN;
  return {
    caption: `${outcome.name}, test: ${pairsSentence(start.length, outcome, methods)}; ${RULES[rule]}. Differences are those of ${headline.column.heading} to ${outcome.reference} on the same pairs, ${HOW_TESTED}.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      ...outcome.measures.map((measure) => measure.column),
      ...referenceColumns(headline, outcome.reference),
      { key: 'step', heading: 'time a step, quickest epoch', unit: 's', digits: 3 },
      { key: 'stepRatio', heading: `time / ${outcome.reference}`, digits: 2 },
      ...paperColumns(outcome),
    ],
    rows: [
      ...startRows(outcome, methods, all, ['difference', 'wilcoxon']).map((row) => ({
        ...row,
        ...paperCells(outcome, String(row.loss), 'test'),
      })),
      ...methods.map((method, index) => {
        const scores = all[index] as readonly PairScore[];
        const seconds = secondsPerStep(method);
        return {
          loss: labelOf(method),
          ...scoreCells(outcome.measures, scores, 'after'),
          ...compared[index],
          step: seconds,
          stepRatio: seconds / baseline,
          ...paperCells(outcome, method.name, 'test'),
        };
      }),
    ],
  };
}

/** Every method against the unregistered pairs. */
export function startTable(outcome: Outcome, rule: StoppingRule): Table {
  const methods = trained(outcome.methods);
  const all = methods.map((method) => testScores(method, rule));
  const measures = withStart(outcome.measures, all);
  return {
    caption: `${outcome.name}, test: what registration changed, method − unregistered on the same pairs, with a 95 % interval and p from drawing cases with replacement, and p of Wilcoxon's signed-rank test; ${RULES[rule]}.`,
    columns: [{ key: 'loss', heading: 'loss' }, ...changeColumns(measures)],
    rows: methods.map((method, index) => ({
      loss: labelOf(method),
      ...changeCells(measures, all[index] as readonly PairScore[]),
    })),
  };
}

/** One row a trial: what seeds and folds do. */
export function trialTable(outcome: Outcome, rule: StoppingRule): Table {
  const methods = trained(outcome.methods);
  const headline = headlineOf(outcome.measures);
  const folded = methods.some(({ trials }) => trials.some(({ result }) => result.trial.fold !== undefined));
  return {
    caption: `${outcome.name}, every training alone: test pairs, ${RULES[rule]}.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'seed', heading: 'seed', digits: 0 },
      ...(folded ? [{ key: 'fold', heading: 'fold', digits: 0 }] : []),
      { key: 'end', heading: 'end epoch', digits: 0 },
      { key: 'best', heading: 'best epoch', digits: 0 },
      { ...headline.column, key: 'validation', heading: `${headline.column.heading}, validation` },
      ...outcome.measures.map(({ column, needs }) =>
        needs === 'warp' ? column : { ...column, heading: `${column.heading}, test` },
      ),
    ],
    rows: methods.flatMap((method) =>
      method.trials.map(({ result, test }) => {
        const at = ruleOf(result, rule);
        const scores = test[rule] ?? [];
        const { fold } = result.trial;
        return {
          loss: labelOf(method),
          seed: result.trial.seed,
          ...(fold === undefined ? {} : { fold: fold + 1 }),
          end: at.endEpoch,
          best: at.bestEpoch,
          validation: summarise(valuesOf(at.validation, headline.key).map((value) => value * headline.scale)),
          ...scoreCells(outcome.measures, scores, 'after'),
        };
      }),
    ),
  };
}

/** What hyper-parameters were chosen from; undefined where nothing was searched. */
export function searchTable(outcome: Outcome): Table | undefined {
  const searched = outcome.methods.filter(({ search }) => search.length > 0);
  if (searched.length === 0) return undefined;
  const { column, scale, better } = headlineOf(outcome.measures);
  return {
    caption: `${outcome.name}, search on the validation pairs, first seed; the point with the ${better > 0 ? 'highest' : 'lowest'} ${column.heading} was chosen.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'variant', heading: 'point of the grid' },
      { ...column, heading: `${column.heading}, validation` },
      { key: 'chosen', heading: 'chosen' },
    ],
    rows: searched.flatMap(({ name, variant: chosen, search }) =>
      search.map(({ variant, score }) => ({
        loss: name,
        variant,
        ...(score === null ? {} : { [column.key]: score * scale }),
        chosen: variant === chosen ? 'yes' : '',
      })),
    ),
  };
}

/** A method's name with what was chosen for it. */
export function labelOf({ name, variant }: MethodResult): string {
  return variant === '' ? name : `${name} (${variant})`;
}
