import { describe, expect, it } from 'vitest';
import { experimentConfig } from '../../../src/experiment/protocol/configuration.ts';
import { planOf, readyTasks, type Standing, trainingCount } from '../../../src/experiment/protocol/plan.ts';
import { methodsOf, searchTrials } from '../../../src/experiment/protocol/trials.ts';
import { finished } from '../support.ts';

const config = experimentConfig({
  name: 'plan',
  data: 'scans',
  losses: { MSE: 'mse', PSWD: 'pswd smoothness=0.4|0.8' },
  seeds: [1, 2],
});
const methods = methodsOf(config);

function standing(): {
  results: Map<string, ReturnType<typeof finished>>;
  failures: Map<string, string>;
  tested: Set<string>;
} {
  return { results: new Map(), failures: new Map(), tested: new Set() };
}

const names = (known: Standing): string[] =>
  readyTasks(config, methods, known).map(({ kind, trial }) => `${kind} ${trial.id}`);

describe('the plan of an experiment', () => {
  it('searches with the first seed, then trains what was chosen with the others, and tests only that', () => {
    const known = standing();
    expect(names(known)).toEqual([
      'train mse_seed1',
      'train pswd_smoothness-0.4_seed1',
      'train pswd_smoothness-0.8_seed1',
      'train mse_seed2',
    ]);
    const dice: Record<string, number> = {
      mse_seed1: 0.7,
      'pswd_smoothness-0.4_seed1': 0.71,
      'pswd_smoothness-0.8_seed1': 0.73,
    };
    for (const trial of searchTrials(config, methods)) known.results.set(trial.id, finished(trial, dice[trial.id]!));
    expect(planOf(config, methods, known)[1]).toMatchObject({
      chosen: { name: 'smoothness=0.8' },
      search: [
        { variant: 'smoothness=0.4', score: expect.closeTo(0.71) },
        { variant: 'smoothness=0.8', score: expect.closeTo(0.73) },
      ],
    });
    expect(names(known)).toEqual([
      'test mse_seed1',
      'test pswd_smoothness-0.8_seed1',
      'train mse_seed2',
      'train pswd_smoothness-0.8_seed2',
    ]);
    known.tested.add('mse_seed1').add('pswd_smoothness-0.8_seed1');
    known.failures.set('mse_seed2', 'diverged');
    expect(names(known)).toEqual(['train pswd_smoothness-0.8_seed2']);
    expect(trainingCount(config, methods)).toBe(5);
  });

  it('leaves out a point whose training failed', () => {
    const known = standing();
    known.failures.set('pswd_smoothness-0.8_seed1', 'diverged');
    const trial = searchTrials(config, methods)[1]!;
    known.results.set(trial.id, finished(trial, 0.6));
    expect(planOf(config, methods, known)[1]?.chosen?.name).toBe('smoothness=0.4');
  });
});
