import { describe, expect, it } from 'vitest';
import { pairedDifference } from '../../../src/experiment/protocol/comparison.ts';
import { measureInfo, measuresOf } from '../../../src/experiment/protocol/measures.ts';
import {
  averaged,
  type MethodResult,
  type PairScore,
  validationScore,
} from '../../../src/experiment/protocol/results.ts';
import type { Trial } from '../../../src/experiment/protocol/trials.ts';
import { measureCurves, testBoxes } from '../../../src/experiment/report/charts.ts';
import {
  type Outcome,
  searchTable,
  startTable,
  testTable,
  trialTable,
  validationTable,
} from '../../../src/experiment/report/tables.ts';
import { toCsv, toMarkdown } from '../../../src/report/page/table.ts';
import { finished, score } from '../support.ts';

const PAIRS = Array.from({ length: 12 }, (_, n) => [`c${n}`, `c${(n + 5) % 12}`] as const);

/** A method whose test Dice is `dice` plus something that every pair and seed has of its own. */
function method(name: string, dice: number, seeds = [1, 2]): MethodResult {
  return {
    name,
    variant: '',
    search: [],
    failures: [],
    trials: seeds.map((seed) => {
      const trial: Trial = { id: `${name}${seed}`, method: name, variant: '', seed, settings: {} };
      const scores = PAIRS.map(([fixed, moving], n) => score(fixed, moving, dice + 0.01 * n + 0.002 * (seed - 1.5)));
      return { result: finished(trial, dice), test: { absolute: scores, relative: scores } };
    }),
  };
}

const outcome: Outcome = {
  name: 'Test',
  methods: [method('MSE', 0.6), method('PSWD', 0.65), { ...method('SWD', 0.55, []), failures: ['diverged'] }],
  reference: 'MSE',
  rules: ['absolute', 'relative'],
  paper: true,
  pairs: 'pairs',
  measures: ['hd95', 'dice', 'foldedPercent'].map(measureInfo),
};

describe('tables of an experiment', () => {
  it('hold the unregistered pairs, every method that has results, and the paper’s figures', () => {
    const table = validationTable(outcome, 'absolute');
    expect(table.rows.map(({ loss }) => loss)).toEqual(['unregistered', 'MSE', 'PSWD']);
    expect(table.rows[0]).toMatchObject({ dice: { mean: 50, n: 2 } });
    expect(table.rows[2]).toMatchObject({
      end: '3, 3',
      best: '2, 2',
      dice: { mean: expect.closeTo(65) },
      paperEnd: 32,
    });
    expect(testTable(outcome, 'absolute').rows[2]).toMatchObject({ paperDice: { mean: 73.11, sd: 10 } });
  });

  it('average seeds before they compare pairs', () => {
    const table = testTable(outcome, 'absolute');
    const mean = PAIRS.reduce((sum, _, n) => sum + 60 + n, 0) / PAIRS.length;
    expect(table.rows[1]).toMatchObject({ dice: { mean: expect.closeTo(mean, 6), n: PAIRS.length } });
    expect(table.rows[2]?.difference).toBe('+5.00 [+5.00, +5.00]');
    // All 12 differences are equal: their mean rank is 6.5, z = (39 − ½) / √(162.5 − (12³ − 12) / 48).
    expect(table.rows[2]?.wilcoxon).toBe('< 0.001 (< 0.001)');
    expect(table.rows[2]).toMatchObject({ step: 0.5, stepRatio: 1 });
    expect(trialTable(outcome, 'absolute').rows).toHaveLength(4);
    expect(startTable(outcome, 'absolute').rows[1]?.diceChange).toContain('+20.50');
  });

  it('time a step by the quickest epoch, since other work can only slow one down', () => {
    const [mse, pswd] = [method('MSE', 0.6), method('PSWD', 0.65)];
    const slowed = (seconds: readonly number[]): MethodResult => ({
      ...pswd,
      trials: pswd.trials.map(({ result, test }) => {
        const records = result.records.map((record, n) => ({ ...record, secondsPerStep: seconds[n] as number }));
        return { result: { ...result, records }, test };
      }),
    });
    const stepOf = (other: MethodResult): unknown =>
      testTable({ ...outcome, methods: [mse, other] }, 'absolute').rows[2]?.step;
    expect(stepOf(slowed([9, 0.7, Number.NaN]))).toBe(0.7);
    expect(stepOf(slowed([Number.NaN, Number.NaN, Number.NaN]))).toBeNaN();
  });

  it('can be written', () => {
    const table = testTable(outcome, 'absolute');
    expect(toMarkdown(table)).toContain('| PSWD | 3.00 ± 0.00 | 70.50 ± 3.61 |');
    expect(toCsv(table)).toContain('Dice (%) mean');
    expect(searchTable(outcome)).toBeUndefined();
    const [mse] = outcome.methods as [MethodResult];
    const searched = { ...outcome, methods: [{ ...mse, variant: 'b', search: [{ variant: 'b', score: 0.6 }] }] };
    expect(searchTable(searched)?.rows).toEqual([{ loss: 'MSE', variant: 'b', dice: 60, chosen: 'yes' }]);
  });

  it('compare only pairs that both methods have', () => {
    const a = [score('x', 'y', 0.7), score('y', 'x', 0.8), score('z', 'x', 0.1)];
    const b = [score('y', 'x', 0.6), score('x', 'y', 0.5)];
    expect(pairedDifference(a, b, 'dice')?.mean).toBeCloseTo(0.2, 12);
    // Three cases are too few to draw from.
    expect(pairedDifference(a, b, 'dice')?.bootstrap).toBeUndefined();
    expect(pairedDifference(a.slice(2), b, 'dice')).toBeUndefined();
  });

  it('compare by landmarks where there are any, beside the paper’s figures across modalities', () => {
    const withLandmarks = (pair: PairScore): PairScore => ({
      ...pair,
      before: { ...pair.before, tre: 5 },
      after: { ...pair.after, tre: 10 * (1 - (pair.after.dice ?? 0)) },
    });
    const methods = outcome.methods.map((each) => ({
      ...each,
      trials: each.trials.map(({ result, test }) => ({
        result: {
          ...result,
          rules: { absolute: { ...result.rules.absolute!, validation: test.absolute!.map(withLandmarks) } },
        },
        test: { absolute: test.absolute!.map(withLandmarks) },
      })),
    }));
    const measures = measuresOf(methods.flatMap(({ trials }) => trials.flatMap(({ test }) => test.absolute)));
    expect(measures.map(({ key }) => key)).toEqual(['tre', 'hd95', 'dice', 'foldedPercent']);
    const table = testTable({ ...outcome, methods, measures }, 'absolute');
    expect(table.columns.map(({ heading }) => heading)).toContain('TRE − MSE');
    expect(table.rows[0]).toMatchObject({ tre: { mean: 5 }, paperTre: { mean: 5.3, sd: 4.2 } });
    expect(table.rows[2]).toMatchObject({ difference: '−0.50 [−0.50, −0.50]', paperTre: { mean: 3.5 } });
    const [first] = methods[0]!.trials;
    expect(validationScore(first!.result, 'absolute')).toEqual({ measure: 'tre', value: expect.closeTo(3.45, 1) });
    expect(measureCurves({ ...outcome, methods, measures, rules: ['absolute'] }, 'epochs')).toContain(
      'TRE (mm), validation',
    );
  });

  it('count the pairs of every mean and difference', () => {
    const lost = new Set(['c3', 'c8']);
    const lose = (pair: PairScore): PairScore =>
      lost.has(pair.fixed) ? { ...pair, after: { ...pair.after, hd95: null } } : pair;
    const methods = outcome.methods.map((each) => ({
      ...each,
      trials: each.trials.map(({ result, test }) => ({
        result: {
          ...result,
          rules: { absolute: { ...result.rules.absolute!, validation: test.absolute!.map(lose) } },
        },
        test: { absolute: test.absolute!.map(lose) },
      })),
    }));
    const partial = {
      ...outcome,
      methods,
      rules: ['absolute'] as const,
      measures: ['hd95', 'dice', 'foldedPercent'].map(measureInfo),
    };
    for (const table of [validationTable(partial, 'absolute'), testTable(partial, 'absolute')]) {
      expect(table.rows[0]).toMatchObject({ hd95: { n: 12, of: 12 } });
      expect(table.rows[1]).toMatchObject({ hd95: { mean: 3, n: 10, of: 12 }, dice: { n: 12, of: 12 } });
      expect(toMarkdown(table)).toContain('3.00 ± 0.00 (10 of 12)');
    }
    expect(trialTable(partial, 'absolute').rows[0]).toMatchObject({ hd95: { n: 10, of: 12 } });
    const changes = startTable(partial, 'absolute').rows[0];
    expect(changes?.hd95Change).toMatch(/^−1\.00 .*\(10 of 12\)$/);
    expect(changes?.diceChange).not.toContain(' of ');
    expect(testBoxes(partial, 'absolute', measureInfo('hd95'))).toContain('MSE (10 of 12)');
  });

  it('hold no names as HTML', () => {
    const [mse] = outcome.methods as [MethodResult];
    const named = { ...outcome, name: '<b>x</b>', methods: [{ ...mse, name: '<img src=x>', variant: '<i>' }] };
    for (const table of [
      validationTable(named, 'absolute'),
      testTable(named, 'absolute'),
      trialTable(named, 'absolute'),
    ])
      expect(toMarkdown(table)).not.toMatch(/<[a-z/]/i);
  });

  it('take a measure that one seed lacks for missing', () => {
    const whole = score('x', 'y', 0.7);
    const lacking = { ...whole, after: { dice: null, hd95: null } };
    expect(averaged([[whole], [lacking]])[0]?.after).toEqual({ dice: null, hd95: null });
    const thin = { ...whole, foldedPercent: null, sdLogJacobian: null };
    expect(averaged([[thin], [thin]])[0]).toMatchObject({ foldedPercent: null, sdLogJacobian: null });
    const [mse] = outcome.methods as [MethodResult];
    const trials = mse.trials.map((trial) => ({ ...trial, test: { absolute: [thin, score('y', 'x', 0.6)] } }));
    const table = testTable({ ...outcome, methods: [{ ...mse, trials }] }, 'absolute');
    expect(table.rows[1]).toMatchObject({ folds: { mean: 0.1, n: 1, of: 2 } });
  });
});
