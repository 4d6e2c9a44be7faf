import { given } from '../given.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import { FittingRegistrar } from '../registration/fitting.ts';
import { levelsDone, type Plan, type PlanChoices, planSentence } from '../registration/plan.ts';
import type { PlannedRegistrar } from '../registration/planned.ts';
import type { PairRegistrar } from '../registration/register.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { type PairList, usualStart } from '../workflow/registerPairs.ts';
import { openRegistrar, provenanceOf, startOf } from './modelOptions.ts';
import { assertNotPlanned, choicesOf, isPlanned, openPlanned, type PlannedOptions } from './plannedOptions.ts';
import { type Progress, startProgress } from './progress.ts';

/** What registers, as the options choose it. */
interface Method {
  readonly registrar: PairRegistrar;
  /** How a pair starts; undefined where the plan says it. */
  readonly start: InitialAlignment | undefined;
  /** The same for a list, as an option of {@link registerPairs}. */
  startOfList(list: PairList): { readonly start?: InitialAlignment };
  /** Where the numbers of a report come from. */
  provenance(command: string): Provenance;
}

/** What is called while a pair is registered. */
interface MethodProgress {
  onPlan(plan: Plan): void;
  onLevel(level: number, step: number, steps: number, loss: number): void;
  onRefine(step: number, steps: number, loss: number): void;
}

/**
 * Opens what registers: a model or a refinement where options ask for one, else a plan for each pair.
 * @param misfit what becomes of pairs that a model does not fit: they are planned, or only named, where the model is
 * what is measured
 */
export async function openMethod(
  options: PlannedOptions,
  misfit: 'planned' | 'named',
  progress?: MethodProgress,
): Promise<Method> {
  const planned = (choices: PlanChoices): PlannedRegistrar =>
    openPlanned(options, choices, progress?.onPlan, progress?.onLevel);
  if (isPlanned(options))
    return {
      registrar: planned(choicesOf(options)),
      start: options.init,
      startOfList: () => given({ start: options.init }),
      provenance: (command) => provenanceOf(command, options),
    };
  assertNotPlanned(options);
  const registrar = await openRegistrar(options, progress?.onRefine);
  const say = (sentence: string): void =>
    console.error(`Note: ${sentence} ${misfit === 'planned' ? 'It is registered without the model.' : ''}`.trimEnd());
  // What else the options say is for the model and its refinement.
  const otherwise = misfit === 'planned' ? planned(given({ start: options.init, seed: options.seed })) : undefined;
  return {
    registrar: new FittingRegistrar(registrar, say, otherwise),
    start: startOf(options, registrar),
    startOfList: (list) => ({ start: startOf(options, registrar, usualStart(list)) }),
    provenance: (command) => provenanceOf(command, options, registrar),
  };
}

/**
 * Shows the plan, and how far a pair is. An alignment has no known length; levels and refinements count their
 * steps.
 */
export function pairProgress(): MethodProgress & { stop(): void } {
  const waiting = startProgress(0, 'registering');
  let bar: Progress | undefined;
  let plan: Plan | undefined;
  const advance = (word: string, total: number, done: number, text: string): void => {
    waiting.stop();
    bar ??= startProgress(total, word);
    bar.update(done, text);
  };
  return {
    onPlan(made) {
      plan = made;
      waiting.line(planSentence(made));
    },
    onLevel(level, step, _, loss) {
      const done = levelsDone(plan ?? { levels: [] }, level, step);
      advance('registering', 100, Math.round(100 * done), `level ${level + 1}, loss ${loss.toPrecision(4)}`);
    },
    onRefine(step, steps, loss) {
      advance('refining', steps, step, `loss ${loss.toPrecision(4)}`);
    },
    stop() {
      waiting.stop();
      bar?.stop();
    },
  };
}
