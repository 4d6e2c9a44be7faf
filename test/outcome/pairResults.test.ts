import { expect, it } from 'vitest';
import { type PairResult, resultsTable, summaryTable } from '../../src/outcome/pairResults.ts';
import { toMarkdown } from '../../src/report/page/table.ts';
import { manyPairsReport } from '../../src/workflow/pairReport.ts';

/** A pair with labels 1 and 2, the second of which registration lost where `lost`. */
function pair(name: string, lost: boolean, tre?: number): PairResult {
  const second = lost ? { diceAfter: 0, hd95After: Number.NaN } : { diceAfter: 0.8, hd95After: 2 };
  return {
    fixed: `${name}f`,
    moving: `${name}m`,
    diceBefore: 0.5,
    diceAfter: (0.9 + second.diceAfter) / 2,
    hd95Before: 4,
    hd95After: lost ? Number.NaN : 1.5,
    ...(tre === undefined ? {} : { treBefore: tre + 1, treAfter: tre }),
    foldedPercent: 0,
    sdLogJacobian: 0.1,
    seconds: 1,
    labels: [
      { label: 1, diceBefore: 0.5, diceAfter: 0.9, hd95Before: 4, hd95After: 1 },
      { label: 2, diceBefore: 0.5, hd95Before: 4, ...second },
    ],
  };
}

const RESULTS = [pair('a', false, 1), pair('b', true), pair('c', true, 3), pair('d', false)];

it('the summary counts values, not pairs', () => {
  const rows = Object.fromEntries(summaryTable(RESULTS).rows.map((row) => [row.measure, row]));
  expect(rows['HD95, label 2 (mm)']).toMatchObject({ before: { n: 4, of: 4 }, after: { mean: 2, n: 2, of: 4 } });
  expect(rows['HD95, mean of labels (mm)']).toMatchObject({ after: { mean: 1.5, n: 2, of: 4 } });
  expect(rows['Dice, label 2']).toMatchObject({ after: { mean: 0.4, n: 4, of: 4 } });
  expect(rows['TRE, mean of landmarks (mm)']).toMatchObject({ after: { mean: 2, n: 2, of: 4 } });
  const text = toMarkdown(summaryTable(RESULTS));
  expect(text).toContain('| HD95, label 2 (mm) | 4.0000 ± 0.0000 | 2.0000 ± 0.0000 (2 of 4) |');
  expect(text).toContain('| Dice, label 1 | 0.5000 ± 0.0000 | 0.9000 ± 0.0000 |');
});

it('a pair without labels takes nothing from the report of the others, whose charts say how many they are', async () => {
  const bare = {
    ...pair('e', false),
    diceBefore: null,
    diceAfter: null,
    hd95Before: null,
    hd95After: null,
    labels: [],
  };
  const results = [...RESULTS, bare];
  expect(resultsTable(results).rows).toHaveLength(5);
  const drawn: number[] = [];
  const html = await manyPairsReport(results, {}, async (index) => {
    drawn.push(index);
    return '<svg></svg>';
  });
  expect(drawn).toEqual([1, 2, 3].map(() => expect.any(Number)));
  expect(drawn).not.toContain(4);
  expect(html).toContain('unregistered (4 of 5)');
  expect(html).toContain('registered (2 of 5)');
});
