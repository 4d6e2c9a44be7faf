import { expect, test } from 'vitest';
import { middles, type Point, ringsOf } from '../../../../src/report/page/browser/rings.ts';

const of = (...rows: string[]): Point[][] =>
  ringsOf((column, row) => rows[row]?.[column] === '#', rows[0]?.length ?? 0, rows.length);
const lengths = (rings: Point[][]): number[] => rings.map(({ length }) => length).sort((a, b) => a - b);

test('outlines are closed rings around the voxels of a label', () => {
  expect(of('...', '...')).toEqual([]);
  expect(lengths(of('#'))).toEqual([4]);
  expect(lengths(of('##', '##'))).toEqual([8]);
  // Around a hole there are two; voxels that touch in a corner have one each.
  expect(lengths(of('###', '#.#', '###'))).toEqual([4, 12]);
  expect(lengths(of('#.', '.#'))).toEqual([4, 4]);
  expect(lengths(of('.#', '#.'))).toEqual([4, 4]);
  for (const ring of of('##.##', '#.#.#', '.###.')) {
    for (const [index, [x, y]] of ring.entries()) {
      const [u, v] = ring[(index + 1) % ring.length] as Point;
      expect(Math.abs(u - x) + Math.abs(v - y)).toBe(1);
    }
  }
});

test('the middles of a ring are as many as its points', () => {
  expect(
    middles([
      [0, 0],
      [2, 0],
      [2, 4],
    ]),
  ).toEqual([
    [1, 0],
    [2, 2],
    [1, 2],
  ]);
});
