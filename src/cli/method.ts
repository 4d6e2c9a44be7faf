import { given } from '../given.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import { type Plan, planSentence } from '../registration/plan.ts';
import { levelsDone } from '../registration/planProgress.ts';
import type { PairRegistrar } from '../registration/register.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { type PairList, usualStart } from '../run/registerPairs.ts';
import { openRegistrar, provenanceOf, startOf } from './modelOptions.ts';
import { assertNotPlanned, choicesOf, isPlanned, openPlanned, type PlannedOptions } from './plannedOptions.ts';
import { type Progress, startProgress } from './progress.ts';
import { version } from './version.ts';

/** What registers, as the options choose it. */
export interface Method {
  readonly registrar: PairRegistrar;
  /** How a pair starts; undefined where the plan says it. */
  readonly start: InitialAlignment | undefined;
  /** The same for a list, as an option of {@link registerPairs}. */
  startOfList(list: PairList): { readonly start?: InitialAlignment };
  /** Where the numbers of a report come from. */
  provenance(command: string): Provenance;
}

/** What is called while a pair is registered. */
export interface MethodProgress {
  onPlan(plan: Plan): void;
  onLevel(level: number, step: number, steps: number, loss: number): void;
  onRefine(step: number, steps: number, loss: number): void;
}

/**
 * Opens what registers: a model or a refinement where options ask for one, else a plan for each pair.
 * @param isGiven whether the user gave an option
 */
export async function openMethod(
  options: PlannedOptions,
  isGiven: (option: string) => boolean,
  progress?: MethodProgress,
): Promise<Method> {
  if (isPlanned(options))
    return {
      registrar: openPlanned(options, choicesOf(options, isGiven), progress?.onPlan, progress?.onLevel),
      start: options.init,
      startOfList: () => given({ start: options.init }),
      provenance: (command) => ({
        Command: command,
        EarthMorph: version,
        Model: 'none',
        Device: options.device,
        Date: new Date().toISOString().slice(0, 10),
      }),
    };
  assertNotPlanned(options);
  const registrar = await openRegistrar(options, progress?.onRefine);
  return {
    registrar,
    start: startOf(options, registrar),
    startOfList: (list) => ({ start: startOf(options, registrar, usualStart(list)) }),
    provenance: (command) => provenanceOf(command, options, registrar),
  };
}

/** Shows the plan, and how far a pair is. Nothing tells how far an alignment is; levels and refinements count their steps. */
export function pairProgress(): MethodProgress & { stop(): void } {
  const waiting = startProgress(0, 'registering');
  let bar: Progress | undefined;
  let plan: Plan | undefined;
  const advance = (total: number, done: number, text: string): void => {
    waiting.stop();
    bar ??= startProgress(total, 'registering');
    bar.update(done, text);
  };
  return {
    onPlan(made) {
      plan = made;
      waiting.line(planSentence(made));
    },
    onLevel(level, step, _, loss) {
      const done = levelsDone(plan ?? { levels: [] }, level, step);
      advance(100, Math.round(100 * done), `level ${level + 1}, loss ${loss.toPrecision(4)}`);
    },
    onRefine(step, steps, loss) {
      advance(steps, step, `loss ${loss.toPrecision(4)}`);
    },
    stop() {
      waiting.stop();
      bar?.stop();
    },
  };
}
