import { describe, expect, test } from 'vitest';
import { boxPlot, boxStatistics } from '../../../src/report/chart/boxPlot.ts';
import { lineChart } from '../../../src/report/chart/lineChart.ts';
import { expectGolden } from '../golden.ts';
import { expectOneColourAMethod, expectReadable } from '../textBoxes.ts';

const epochs = Array.from({ length: 30 }, (_, index) => index + 1);
const curve = (from: number, to: number) => epochs.map((epoch) => [epoch, to + (from - to) * 0.85 ** epoch] as const);

describe('lineChart', () => {
  test('golden: two curves with a mark', () => {
    expectGolden(
      'learning-curve',
      lineChart({
        title: 'Training',
        xLabel: 'Epoch',
        yLabel: 'Loss',
        mark: { x: 24, label: 'best: epoch 24' },
        series: [
          { name: 'Training', points: curve(1.4, 0.3) },
          { name: 'Validation', points: curve(1.5, 0.45).filter(([epoch]) => epoch % 3 === 0), dashed: true },
        ],
      }),
    );
  });

  test('values that are not finite, or not positive on a logarithmic axis, leave gaps', () => {
    const points = [1, 2, Number.NaN, 4, 0, 6].map((y, x) => [x, y] as const);
    const drawn = (logarithmic: boolean): number => {
      const svg = lineChart({ xLabel: 'x', yLabel: 'y', series: [{ name: 'a', points }], logarithmic });
      expect(svg).not.toMatch(/NaN|Infinity/);
      return (/ d="([^"]*)"/.exec(svg) as RegExpExecArray)[1]!.split('M').length - 1;
    };
    expect(drawn(false)).toBe(2);
    expect(drawn(true)).toBe(3);
  });

  test('logarithmic axes have plain numbers', () => {
    const svg = lineChart({
      xLabel: 'x',
      yLabel: 'y',
      logarithmic: true,
      series: [{ name: 'a', points: curve(10, 0.01) }],
    });
    expect(svg).toContain('>0.1<');
    expect(svg).not.toContain('m<');
  });

  test('more curves than colours stand in a panel each', () => {
    const chart = (count: number): string =>
      lineChart({
        xLabel: 'Epoch',
        yLabel: 'Loss',
        series: Array.from({ length: count }, (_, index) => ({ name: `loss ${index}`, points: curve(1, index / 10) })),
      });
    for (const count of [2, 6, 7, 8, 14]) {
      expectReadable(chart(count));
      expectOneColourAMethod(chart(count));
      expect(chart(count).includes('class="legend"')).toBe(count <= 6);
    }
  });

  test('long titles, names, notes and labels go on in further lines', () => {
    const long =
      'a text that is much longer than the picture is wide, and has_one_word_without_any_space_that_no_line_can_hold_by_itself';
    for (const count of [2, 9]) {
      const series = Array.from({ length: count }, (_, index) => ({ name: `${index} ${long}`, points: curve(1, 0) }));
      const svg = lineChart({ title: long, xLabel: long, yLabel: long, note: long, series, width: 320, height: 400 });
      expectReadable(svg);
      expectOneColourAMethod(svg);
    }
  });

  test('nothing and a single point are drawn without NaN', () => {
    expect(lineChart({ xLabel: 'x', yLabel: 'y', series: [] })).not.toContain('NaN');
    expect(lineChart({ xLabel: 'x', yLabel: 'y', series: [{ name: 'a', points: [[3, 3]] }] })).not.toContain('NaN');
  });
});

describe('boxPlot', () => {
  test('golden: before and after for two labels', () => {
    const values = (centre: number): number[] =>
      Array.from({ length: 21 }, (_, i) => centre + 0.15 * ((i - 10) / 10) ** 3);
    expectGolden(
      'boxes',
      boxPlot({
        title: 'Dice by label',
        xLabel: 'Dice',
        boxes: [
          { category: 'Anterior hippocampus', series: 'Before', values: values(0.55) },
          { category: 'Anterior hippocampus', series: 'After', values: values(0.82) },
          { category: 'Posterior hippocampus', series: 'Before', values: values(0.5) },
          { category: 'Posterior hippocampus', series: 'After', values: values(0.8) },
        ],
      }),
    );
  });

  test('quartiles and whiskers as Tukey has them', () => {
    const box = boxStatistics([1, 2, 3, 4, 5, 6, 7, 8, 30, Number.NaN])!;
    expect(box).toMatchObject({ lowerQuartile: 3, median: 5, upperQuartile: 7, lowerWhisker: 1, upperWhisker: 8 });
    expect(box.outliers).toEqual([30]);
    expect(box.mean).toBeCloseTo(66 / 9, 9);
    expect(boxStatistics([Number.NaN])).toBeUndefined();
  });

  test('a series that is a category by itself needs no legend', () => {
    const one = (name: string) => ({ category: name, series: name, values: [0.1, 0.2, 0.3] });
    const svg = boxPlot({ xLabel: 'Dice', boxes: ['unregistered', 'registered'].map(one) });
    expectReadable(svg);
    expectOneColourAMethod(svg);
    expect(svg.match(/>registered</g)).toHaveLength(1);
    expect(boxPlot({ xLabel: 'Dice', boxes: [one('a')] })).not.toContain('legend');
  });

  test('more series than colours, and long names, are told apart by words', () => {
    const long = 'pswd patch=7,13,15,17,19 standardise=patch directions=16 transform=edge_of_a_gradient_without_space';
    for (const count of [2, 6, 7, 11]) {
      const boxes = ['left', long].flatMap((category) =>
        Array.from({ length: count }, (_, index) => ({ category, series: `loss ${index}`, values: [0, index, 2] })),
      );
      const svg = boxPlot({ title: long, xLabel: long, boxes });
      expectReadable(svg);
      expectOneColourAMethod(svg);
    }
  });

  test('names are escaped, empty boxes are skipped', () => {
    const svg = boxPlot({ xLabel: '<x>', boxes: [{ category: '<b>', series: 's', values: [] }] });
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).not.toMatch(/NaN|<b>/);
  });
});
