import { describe, expect, it } from 'vitest';
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
      { name: '2', first: [7, 8, 9], second: [-1, -2, -3] },
    ]);
  });

  it.each([
    ['x,y,z\n1,2,3\n', /no MNI tag file/],
    ['MNI Tag Point File\nPoints =\n 1 2 3;', /needs "Volumes = 1;"/],
    ['MNI Tag Point File\nVolumes = 3;\nPoints =\n 1 2 3;', /needs "Volumes = 1;"/],
    ['MNI Tag Point File\nVolumes = 2;\nPoints =\n 1 2 3 4 5 6', /cut off/],
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
    expect(decodeLandmarkCsv('\uFEFFX;Y;Z\r\n1;2;3\r\n', 'a.csv')).toEqual([{ name: '1', first: [1, 2, 3] }]);
  });

  it.each([
    ['a,b\n1,2\n', /lacks the columns x,y,z/],
    ['x,y,z\n', /no points/],
    ['x,y,z\n1,,3\n', /Point 1 of a.csv does not hold a number/],
  ])('are refused where they are wrong: %j', (text, sentence) => {
    expect(() => decodeLandmarkCsv(text, 'a.csv')).toThrow(sentence);
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
  it('have one name, in whatever order', () => {
    const fixed = [
      { name: 'a', point: [1, 0, 0] as const },
      { name: 'b', point: [2, 0, 0] as const },
    ];
    const moving = [
      { name: 'c', point: [9, 0, 0] as const },
      { name: 'b', point: [3, 0, 0] as const },
    ];
    expect(correspondingPoints(fixed, moving)).toEqual({ names: ['b'], fixed: [[2, 0, 0]], moving: [[3, 0, 0]] });
  });

  it('without names, or where names recur, stand in one row', () => {
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
    expect(pairs.moving).toEqual([
      [3, 0, 0],
      [4, 0, 0],
    ]);
    const same = [1, 2].map((x) => ({ name: 'tip', point: [x, 0, 0] as const }));
    expect(correspondingPoints(same, same).fixed).toEqual([
      [1, 0, 0],
      [2, 0, 0],
    ]);
    expect(() => correspondingPoints(same, same.slice(1))).toThrow(/2 fixed and 1 moving landmarks whose names recur/);
    expect(() => correspondingPoints(same.slice(1), [{ name: 'other', point: [0, 0, 0] }])).toThrow(
      /no name in common/,
    );
  });
});
