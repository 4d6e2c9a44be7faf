import type { Plan } from './plan.ts';

/**
 * How far the levels of a plan are, 0 to 1: a step counts as much as its level has voxels. Of an alignment nothing is
 * known.
 * @param level counted from 0
 * @param step of the level, that is done
 */
export function levelsDone({ levels }: Pick<Plan, 'levels'>, level: number, step: number): number {
  const work = levels.map(({ spacing, steps }) => ({ steps, each: spacing ** -3 }));
  const total = work.reduce((sum, { steps, each }) => sum + steps * each, 0);
  const taken = (n: number, steps: number): number => (n < level ? steps : n === level ? step : 0);
  return work.reduce((sum, { steps, each }, n) => sum + each * taken(n, steps), 0) / total;
}
