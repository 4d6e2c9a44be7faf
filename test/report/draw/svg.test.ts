import { describe, expect, test } from 'vitest';
import { differenceMap, hex, jacobianMap } from '../../../src/report/draw/colourMap.ts';
import { element, escapeText, polyline, short } from '../../../src/report/draw/svg.ts';
import { textWidth, wrapText } from '../../../src/report/draw/theme.ts';
import { niceLimit } from '../../../src/report/slice/panel.ts';

describe('markup', () => {
  test('text and attribute values are escaped, control characters dropped', () => {
    expect(escapeText('<a href="x">\u0007&\'')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
    expect(element('a', { title: '"<' }, 'x')).toBe('<a title="&quot;&lt;">x</a>');
  });

  test('numbers are short and undefined attributes are left out', () => {
    expect(element('rect', { x: 1.23456, y: -0.0001, fill: undefined })).toBe('<rect x="1.23" y="0"/>');
    expect(short(2.5, 0)).toBe('3');
  });

  test('relative segments do not add up rounding errors', () => {
    const points = Array.from({ length: 1001 }, (_, index) => [index / 3, 0] as const);
    const numbers = polyline(points).slice(1).split(/[l ]/).map(Number);
    const end = numbers.reduce((sum, value, index) => (index % 2 === 0 ? sum + value : sum), 0);
    expect(end).toBeCloseTo(1000 / 3, 2);
    expect(
      polyline(
        [
          [0, 0],
          [1, -1],
          [0, 0.5],
        ],
        true,
      ),
    ).toBe('M0 0l1-1-1 1.5z');
  });
});

describe('text', () => {
  test('lines are wrapped to a width', () => {
    const lines = wrapText('one two three four five six', 10, 60);
    expect(lines.join(' ')).toBe('one two three four five six');
    for (const line of lines) expect(textWidth(line, 10)).toBeLessThanOrEqual(60);
  });

  test('a word that is wider than the line is broken, and nothing of it is lost', () => {
    for (const word of ['parahippocampal_gyrus_of_the_left_side', 'patch=7,13,15', '§§§§§§§§§§']) {
      const lines = wrapText(`a ${word} b`, 8, 40);
      expect(lines.join('').replaceAll(' ', '')).toBe(`a${word}b`);
      for (const line of lines) expect(textWidth(line, 8)).toBeLessThanOrEqual(40);
    }
    expect(wrapText('ab', 8, 1)).toEqual(['a', 'b']);
    expect(wrapText('Dice', 8, 100, true)).toEqual(['Dice']);
  });
});

describe('scales', () => {
  test('diverging maps are neutral at zero, clamped at the ends and never grey elsewhere', () => {
    for (const map of [differenceMap, jacobianMap]) {
      expect(hex(map(0))).toBe('#f7f7f7');
      expect(map(-9)).toEqual(map(-1));
      expect(map(9)).toEqual(map(1));
      expect(map(Number.NaN)).toEqual(map(0));
      const [red, green, blue] = map(0.5);
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeGreaterThan(60);
    }
  });

  test('limits are round and large enough', () => {
    expect([0.21, 0.51, 1, 1.2, 9.1, 100].map(niceLimit)).toEqual([0.25, 0.6, 1, 1.5, 10, 100]);
    expect(niceLimit(0)).toBe(1);
    for (let value = 0.001; value < 1000; value *= 1.37) expect(niceLimit(value)).toBeGreaterThanOrEqual(value);
  });
});
