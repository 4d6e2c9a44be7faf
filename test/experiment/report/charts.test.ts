import { describe, expect, it } from 'vitest';
import { measureInfo } from '../../../src/experiment/protocol/measures.ts';
import type { MethodResult } from '../../../src/experiment/protocol/results.ts';
import { lossCurves, measureCurves, testBoxes } from '../../../src/experiment/report/charts.ts';
import type { Outcome } from '../../../src/experiment/report/tables.ts';
import type { EpochRecord } from '../../../src/training/trainer.ts';
import { expectReadable } from '../../report/textBoxes.ts';
import { finished, score } from '../support.ts';

type Records = (records: readonly EpochRecord[]) => readonly EpochRecord[];

/** A method with a training a seed, whose records and losses before and after can be set. */
function method(name: string, seeds: number, change: Records = (records) => records, start = 2): MethodResult {
  return {
    name,
    variant: '',
    search: [],
    failures: [],
    trials: Array.from({ length: seeds }, (_, seed) => {
      const result = finished({ id: `${name}${seed}`, method: name, variant: '', seed, settings: {} }, 0.6, 6);
      const records = change(result.records);
      const losses = [start, ...records.map(({ validationLoss }) => validationLoss)];
      return {
        result: { ...result, records, losses },
        test: { absolute: [score('a', 'b', 0.7), score('b', 'a', 0.6)] },
      };
    }),
  };
}

const outcomeOf = (...methods: MethodResult[]): Outcome => ({
  name: 'Test',
  methods,
  reference: 'MSE',
  rules: ['absolute', 'relative'],
  paper: false,
  pairs: 'pairs',
  measures: ['hd95', 'dice'].map(measureInfo),
});

/** The y coordinates of the points of all curves that are drawn whole and not dashed, one list a curve. */
function heights(svg: string): number[][] {
  return [...svg.matchAll(/<path d="M([^"]*)" fill="none"([^>]*)>/g)]
    .filter(([, , style]) => !style!.includes('dasharray'))
    .map(([, path]) => {
      let y = 0;
      return path!.split(/[lM]/).flatMap((part) => {
        const numbers = part.match(/-?[\d.]+/g)!.map(Number);
        return numbers.flatMap((value, index) => {
          if (index % 2 === 0) return [];
          y += value;
          return [y];
        });
      });
    });
}

describe('curves of an experiment', () => {
  it('draw a panel a method, a curve a training with its ends by both rules, and the reference beside the others', () => {
    const outcome = outcomeOf(method('MSE', 2), method('PSWD', 2));
    for (const svg of [measureCurves(outcome, 'epochs'), lossCurves(outcome, 'seconds')]) {
      expectReadable(svg);
      expect(svg.match(/stroke-linecap="round"/g)).toHaveLength(4 + 2);
      expect(svg.match(/<circle/g)).toHaveLength(8);
      expect(svg.match(/>MSE</g)).toHaveLength(1);
      expect(svg).toContain('Dashed: MSE.');
    }
  });

  it('need two colours however many methods there are, and draw the mean of many trainings', () => {
    for (const count of [1, 3, 8, 13]) {
      const methods = Array.from({ length: count }, (_, index) => method(index === 0 ? 'MSE' : `loss ${index}`, 5));
      const svg = measureCurves(outcomeOf(...methods), 'epochs');
      expectReadable(svg);
      const colours = new Set(svg.match(/stroke="#[0-9a-f]{6}"/gi));
      expect(colours.size).toBe(count === 1 ? 1 : 2);
      expect(svg.match(/stroke-linecap="round"/g)).toHaveLength(6 * count + count - 1);
      expect(svg).toContain('bold: their mean');
    }
  });

  it('fall as a loss improves, below zero or above', () => {
    const negative = method(
      'NCC',
      1,
      (records) => records.map((record) => ({ ...record, validationLoss: -0.2 - 0.1 * record.epoch })),
      -0.2,
    );
    for (const each of [negative, method('MSE', 1)]) {
      const [curve = []] = heights(lossCurves(outcomeOf(each), 'epochs'));
      expect(curve).toHaveLength(7);
      // In SVG what is lower has the larger y.
      expect(curve).toEqual(curve.toSorted((a, b) => a - b));
    }
    expect(lossCurves(outcomeOf(method('zero', 1, undefined, 0)), 'epochs')).not.toMatch(/NaN|Infinity/);
  });

  it('draw nothing through an interruption, and do not count it as training', () => {
    const interrupted: Records = (records) =>
      records.map((record) => ({ ...record, seconds: record.seconds + (record.epoch >= 4 ? 6000 : 0) }));
    const whole = measureCurves(outcomeOf(method('MSE', 1)), 'seconds');
    const broken = measureCurves(outcomeOf(method('MSE', 1, interrupted)), 'seconds');
    const runs = (svg: string): number => svg.match(/<path d="([^"]*)" fill="none"/)![1]!.split('M').length - 1;
    expect(runs(whole)).toBe(1);
    expect(runs(broken)).toBe(2);
    const axis = (svg: string): string[] => svg.match(/>[\d.]+</g)!;
    expect(axis(broken)).toEqual(axis(whole));
    // Over epochs there is no gap.
    expect(runs(measureCurves(outcomeOf(method('MSE', 1, interrupted)), 'epochs'))).toBe(1);
  });
});

describe('boxes of an experiment', () => {
  it('draw a row a method, without a legend that says the same', () => {
    const svg = testBoxes(
      outcomeOf(method('MSE', 2), method('a loss with a name that is longer than its row', 2)),
      'absolute',
      measureInfo('dice'),
    );
    expectReadable(svg);
    expect(svg.match(/>unregistered</g)).toHaveLength(1);
    expect(svg.match(/>MSE</g)).toHaveLength(1);
    expect(svg.match(/<circle/g)).toHaveLength(6);
  });
});
