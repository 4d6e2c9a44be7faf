import { describe, expect, it } from 'vitest';
import type { Vec3 } from '../../src/volume/grid.ts';
import { decodeLandmarkCsv, encodeLandmarkCsv } from '../../src/volume/landmarkCsv.ts';
import {
  correspondingPoints,
  type Landmark,
  landmarksOfLabels,
  landmarksOfStructures,
} from '../../src/volume/landmarks.ts';
import { decodeTag, encodeTag } from '../../src/volume/tagFile.ts';

const TWO: Landmark[] = [
  { name: 'apex', first: [1.5, -2, 3], second: [1, 2.25, -3] },
  { name: '2', first: [0, 0, 0], second: [10, 0.000001, -7] },
];
const ONE = TWO.map(({ name, first }) => ({ name, first }));

describe('MNI tag files', () => {
  it.each([
    ['two volumes', TWO],
    ['one volume', ONE],
  ])('come back as they were written: %s', (_, landmarks) => {
    expect(decodeTag(encodeTag(landmarks, 'made\nfor a test'), 'a.tag')).toEqual(landmarks);
  });

  it('may hold comments, weights, ids and Windows line ends', () => {
    const text = [
      'MNI Tag Point File',
      '# a comment; with a semicolon',
      'Volumes = 2;',
      '% another = comment',
      '',
      'Points =',
      ' 1 2 3 4 5 6 0.5 1 2 "left"',
      ' 7e0 8 9 -1 -2 -3 ""; ',
    ].join('\r\n');
    expect(decodeTag(text, 'a.tag')).toEqual([
      { name: 'left', first: [1, 2, 3], second: [4, 5, 6] },
      { name: '2', unnamed: true, first: [7, 8, 9], second: [-1, -2, -3] },
    ]);
  });

  it.each([
    ['x,y,z\n1,2,3\n', /not an MNI tag file/],
    ['MNI Tag Point File\nPoints =\n 1 2 3;', /needs "Volumes = 1;"/],
    ['MNI Tag Point File\nVolumes = 3;\nPoints =\n 1 2 3;', /needs "Volumes = 1;"/],
    ['MNI Tag Point File\nVolumes = 2;\nPoints =\n 1 2 3 4 5 6', /cut short/],
    ['MNI Tag Point File\nVolumes = 2;\nPoints =\n 1 2 3 4 5;', /Point 1 of a.tag does not hold 6 numbers/],
    ['MNI Tag Point File\nVolumes = 1;\nPoints =\n 1 2 nan;', /Point 1 of a.tag does not hold 3 numbers/],
    ['MNI Tag Point File\nVolumes = 1;\nPoints =\n;', /no points/],
  ])('are refused where they are wrong: %j', (text, sentence) => {
    expect(() => decodeTag(text, 'a.tag')).toThrow(sentence);
  });
});

describe('landmarks as CSV', () => {
  it.each([
    ['two images', TWO],
    ['one image', ONE],
  ])('come back as they were written: %s', (_, landmarks) => {
    expect(decodeLandmarkCsv(encodeLandmarkCsv(landmarks), 'a.csv')).toEqual(landmarks);
  });

  it('may come from a spreadsheet', () => {
    expect(decodeLandmarkCsv('\uFEFFX;Y;Z\r\n1;2;3\r\n', 'a.csv')).toEqual([
      { name: '1', unnamed: true, first: [1, 2, 3] },
    ]);
  });

  it.each([
    ['a,b\n1,2\n', /lacks the columns x,y,z/],
    ['x,y,z\n', /no points/],
    ['x,y,z\n1,,3\n', /Point 1 of a.csv lacks a number/],
  ])('are refused where they are wrong: %j', (text, sentence) => {
    expect(() => decodeLandmarkCsv(text, 'a.csv')).toThrow(sentence);
  });
});

describe('names of landmarks', () => {
  const named = (name: string): Landmark[] => [{ name, first: [-1, 2, 3] }];

  it.each(['=HYPERLINK("http://a.example","b")', '+1', '-1', '@SUM(A1)', "'=1", "''-a", 'a, "b"'])(
    'come back from CSV, and no spreadsheet runs them: %s',
    (name) => {
      const text = encodeLandmarkCsv(named(name));
      const cell = text.split('\n')[1]?.replace(/^"/, '');
      expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      expect(text).toContain(',-1.000000,2.000000,3.000000\n');
      expect(decodeLandmarkCsv(text, 'a.csv')).toEqual(named(name));
    },
  );

  it('may stand in a column "label"', () => {
    expect(decodeLandmarkCsv('label,x,y,z\n7,1,2,3\n', 'a.csv')).toEqual([{ name: '7', first: [1, 2, 3] }]);
  });

  it('break no line of a tag file', () => {
    const text = encodeTag([{ name: 'tip "of"\n 1 2 3', first: [1, 2, 3] }]);
    expect(decodeTag(text, 'a.tag')).toEqual([{ name: "tip 'of' 1 2 3", first: [1, 2, 3] }]);
  });

  it.each([
    ['tag', (landmarks: Landmark[]) => decodeTag(encodeTag(landmarks), 'a')],
    ['CSV', (landmarks: Landmark[]) => decodeLandmarkCsv(encodeLandmarkCsv(landmarks), 'a')],
  ])('are not made up when they are written: %s', (_, again) => {
    const landmarks: Landmark[] = [{ name: '1', unnamed: true, first: [1, 2, 3] }];
    expect(again(landmarks)).toEqual(landmarks);
    const mixed: Landmark[] = [...landmarks, { name: 'b', first: [4, 5, 6] }];
    expect(again(mixed)).toEqual(mixed);
  });
});

describe('landmarksOfLabels', () => {
  it('gives the centroid of each label in world coordinates', () => {
    const data = new Int32Array(4 * 3 * 2);
    data[0] = 7;
    data[2] = 7;
    data[4 * 2 + 3 + 12] = 2;
    const affine = [-2, 0, 0, 10, 0, 3, 0, 0, 0, 0, 1, -5, 0, 0, 0, 1];
    expect(landmarksOfLabels({ size: [4, 3, 2], affine, data })).toEqual([
      { name: '2', first: [4, 6, -4] },
      { name: '7', first: [8, 0, -5] },
    ]);
  });
});

describe('landmarks of a volume each', () => {
  const blob = (at: number, label = 1) => ({
    size: [2, 2, 2] as const,
    affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    data: Int32Array.from({ length: 8 }, (_, n) => (n === at ? label : 0)),
  });

  it('are the centroids of those that are not empty, by their numbers', () => {
    const empty = { ...blob(0), data: new Int32Array(8) };
    expect(landmarksOfStructures([blob(1), empty, blob(7, 255)])).toEqual([
      { name: '1', first: [2, 0, 0] },
      { name: '3', first: [2, 2, 2] },
    ]);
  });
});

describe('corresponding points', () => {
  const point = (name: string, x: number) => ({ name, point: [x, 0, 0] as const });
  const xs = (pairs: { readonly fixed: readonly Vec3[]; readonly moving: readonly Vec3[] }) =>
    [pairs.fixed, pairs.moving].map((side) => side.map(([x]) => x));

  it('have one name, in whatever order', () => {
    const pairs = correspondingPoints([point('a', 1), point('b', 2)], [point('b', 4), point('a', 3)]);
    expect(pairs.names).toEqual(['a', 'b']);
    expect(xs(pairs)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('without names stand in one row', () => {
    const pairs = correspondingPoints(
      [
        [1, 0, 0],
        [2, 0, 0],
      ],
      [
        [3, 0, 0],
        [4, 0, 0],
      ],
    );
    expect(xs(pairs)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('are called by their row beside labels', () => {
    const labels = [point('2', 2), point('1', 1)];
    const rows = [[3, 0, 0] as const, [4, 0, 0] as const];
    expect(xs(correspondingPoints(labels, rows))).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(() => correspondingPoints([point('7', 1), point('2', 2)], rows, ['a', 'b'])).toThrow(
      '"7" is only in a, and "1" is only in b, whose names are its row numbers',
    );
  });

  it.each([
    ['a point without a partner', [point('a', 1), point('b', 2)], [point('a', 3)], /"b" is only in fixed\.csv; give/],
    [
      'points without partners on both sides',
      [point('a', 1)],
      [point('b', 2), point('c', 3)],
      /"a" is only in fixed\.csv, and "b", "c" are only in moving\.csv/,
    ],
    ['a name that recurs', [point('a', 1)], [point('a', 2), point('a', 3)], /"a" occurs more than once in moving\.csv/],
    [
      'names that recur alike',
      [point('a', 1), point('a', 2)],
      [point('a', 2), point('a', 3)],
      /"a" occurs more than once in fixed\.csv/,
    ],
    ['other numbers without names', [[1, 0, 0] as const], [], /differ in number \(1 and 0\)/],
    [
      'names of some only',
      [point('a', 1), [1, 0, 0] as const],
      [point('a', 1)],
      /Landmark 2 of fixed\.csv has no name/,
    ],
    [
      'very many without partners',
      Array.from({ length: 99 }, (_, n) => point(`p${n}`, n)),
      [point('p0', 0)],
      /"p10" and 88 more are only in/,
    ],
  ])('are refused where they do not pair up: %s', (_, fixed, moving, sentence) => {
    expect(() => correspondingPoints(fixed, moving, ['fixed.csv', 'moving.csv'])).toThrow(sentence);
  });
});
