import { mean } from '../../metric/statistics.ts';
import type { ExperimentConfig } from './configuration.ts';
import { measureInfo } from './measures.ts';
import { type TrialResult, validationScore } from './results.ts';
import { type Method, searchTrials, type Trial, trialsOf, type Variant } from './trials.ts';

/** Work for one process: to train a trial, or to register the test pairs of a finished one. */
export interface Task {
  readonly trial: Trial;
  readonly kind: 'train' | 'test';
}

/** What is known of an experiment's trials, by their ids. */
export interface Standing {
  readonly results: ReadonlyMap<string, TrialResult>;
  readonly failures: ReadonlyMap<string, string>;
  readonly tested: ReadonlySet<string>;
}

/** How far a method is: its chosen point, and the trials that tell about it. */
interface MethodPlan {
  readonly method: Method;
  /** Undefined while its search goes on. */
  readonly chosen: Variant | undefined;
  readonly search: readonly { readonly variant: string; readonly score: number | null }[];
  /** All trials of the chosen point; those of the search while nothing is chosen. */
  readonly trials: readonly Trial[];
}

/**
 * Chooses a point of each method's grid, once all its points are done: by the mean landmark distance or Dice of the
 * first seed's validation pairs. A point whose training failed is not chosen. With only one point there is nothing to
 * choose.
 */
export function planOf(config: ExperimentConfig, methods: readonly Method[], standing: Standing): MethodPlan[] {
  const [rule = 'absolute'] = config.stopping;
  return methods.map((method) => {
    const points = method.variants.map((variant) => ({
      variant,
      trials: trialsOf(config, [{ method, variant }], config.seeds.slice(0, 1)),
    }));
    const settled = points.every(({ trials }) =>
      trials.every(({ id }) => standing.results.has(id) || standing.failures.has(id)),
    );
    const single = points.length === 1;
    const search =
      single || !settled
        ? []
        : points.map(({ variant, trials }) => {
            const scores = trials
              .map(({ id }) => standing.results.get(id))
              .flatMap((result) => (result && validationScore(result, rule)) ?? []);
            const better = scores[0] ? measureInfo(scores[0].measure).better : 1;
            const score = scores.length === trials.length ? mean(scores.map(({ value }) => value)) : null;
            return { variant: variant.name, score, rank: score === null ? Number.NEGATIVE_INFINITY : better * score };
          });
    const best = search.toSorted((a, b) => b.rank - a.rank).at(0);
    const chosen = single
      ? method.variants[0]
      : method.variants.find((variant) => settled && variant.name === best?.variant);
    return {
      method,
      chosen,
      search: search.map(({ variant, score }) => ({ variant, score })),
      trials: chosen ? trialsOf(config, [{ method, variant: chosen }]) : points.flatMap(({ trials }) => trials),
    };
  });
}

/** Work that can be done now, the most telling first: tests of what is trained, then first seeds, then the others. */
export function readyTasks(config: ExperimentConfig, methods: readonly Method[], standing: Standing): Task[] {
  const plans = planOf(config, methods, standing);
  const tests = plans
    .filter(({ chosen }) => chosen)
    .flatMap(({ trials }) => trials)
    .filter(({ id }) => standing.results.has(id) && !standing.tested.has(id));
  const order = [...searchTrials(config, methods), ...trialsOf(config, chosenOf(plans))];
  const wanted = new Set(plans.flatMap(({ trials }) => trials).map(({ id }) => id));
  const open = order.filter(
    ({ id }, index) =>
      wanted.has(id) &&
      order.findIndex((other) => other.id === id) === index &&
      !standing.results.has(id) &&
      !standing.failures.has(id),
  );
  return [
    ...tests.map((trial): Task => ({ trial, kind: 'test' })),
    ...open.map((trial): Task => ({ trial, kind: 'train' })),
  ];
}

/**
 * How many trainings the whole experiment takes: every point of every grid for the first seed, the chosen ones for the
 * others.
 */
export function trainingCount(config: ExperimentConfig, methods: readonly Method[]): number {
  const folds = config.folds ?? 1;
  return searchTrials(config, methods).length + methods.length * (config.seeds.length - 1) * folds;
}

function chosenOf(plans: readonly MethodPlan[]): { method: Method; variant: Variant }[] {
  return plans.flatMap(({ method, chosen }) => (chosen ? [{ method, variant: chosen }] : []));
}
