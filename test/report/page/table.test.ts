import Papa from 'papaparse';
import { expect, test } from 'vitest';
import {
  formatCell,
  summarise,
  type Table,
  toCsv,
  toHtml,
  toMarkdown,
  withoutEmptyColumns,
} from '../../../src/report/page/table.ts';

const table: Table = {
  caption: 'Results',
  columns: [
    { key: 'label', heading: 'Label' },
    { key: 'dice', heading: 'Dice' },
    { key: 'hd95', heading: 'HD95', unit: 'mm', digits: 1 },
  ],
  rows: [
    { label: 'a|b', dice: summarise([0.8, 0.9, 1]), hd95: 1.25 },
    { label: '=1+1,"<i>"', dice: 0.5, hd95: undefined },
    { label: 'c', dice: summarise([0.7]), hd95: -2 },
  ],
};

test('the standard deviation divides by n − 1 and leaves out what is no number', () => {
  expect(summarise([2, 4, Number.NaN, 6])).toEqual({ mean: 4, sd: 2, n: 3, of: 4 });
  expect(summarise([]).mean).toBeNaN();
  expect(formatCell(summarise([3]), 1)).toBe('3.0');
  expect(formatCell(Number.NaN)).toBe('–');
  expect(formatCell(Number.NEGATIVE_INFINITY)).toBe('−∞');
});

test('a mean of fewer values than there are pairs says so', () => {
  const lost = [0.5, Number.NaN, 1, Number.NaN];
  expect(formatCell(summarise(lost), 2)).toBe('0.75 ± 0.35 (2 of 4)');
  expect(formatCell(summarise([Number.NaN, 1]), 1)).toBe('1.0 (1 of 2)');
  expect(formatCell(summarise([Number.NaN, Number.NaN]))).toBe('–');
  const rows = [{ a: summarise(lost) }, { a: summarise([1, 2, 3, 4]) }, { a: 7 }];
  const partial = { columns: [{ key: 'a', heading: 'HD95', unit: 'mm' }], rows };
  expect(Papa.parse(toCsv(partial).trimEnd()).data).toEqual([
    ['HD95 (mm) mean', 'HD95 (mm) SD', 'HD95 (mm) n'],
    ['0.75', String(summarise(lost).sd), '2'],
    ['2.5', String(summarise([1, 2, 3, 4]).sd), '4'],
    ['7', '', ''],
  ]);
  for (const text of [toMarkdown(partial), toHtml(partial)]) expect(text).toContain('0.750 ± 0.354 (2 of 4)');
});

test.each([
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)>'],
  ['</td><!-- <?php', '&lt;/td>&lt;!-- &lt;?php'],
  ['&lt;b&#62;', '&amp;lt;b&amp;#62;'],
  ['[a](javascript:b)', '[a\\](javascript:b)'],
  ['![a][b]', '![a\\][b]'],
  ['`c` ~~d~~ **e** _f_', '\\`c\\` \\~\\~d\\~\\~ \\*\\*e\\*\\* \\_f\\_'],
  ['a\n| b', 'a \\| b'],
  ['a\\', 'a\\\\'],
  // What needs no escape reads as it is, on terminals too.
  ['swd_fine, 35 * p < 0.001, +1 [0, 2], R&D', 'swd_fine, 35 * p < 0.001, +1 [0, 2], R&D'],
])('Markdown shows a name as it is: %s', (name, written) => {
  const named = { columns: [{ key: 'a', heading: name }], rows: [{ a: name }] };
  expect(toMarkdown(named)).toBe(`| ${written} |\n| :--- |\n| ${written} |\n`);
});

test('a column without one value is left out, and one with a single value stays', () => {
  const columns = ['pair', 'dice', 'hd95', 'tre', 'folded'].map((key) => ({ key, heading: key }));
  const rows = [
    { pair: 'a', dice: undefined, hd95: Number.NaN, tre: undefined, folded: 0 },
    { pair: 'b', dice: undefined, hd95: Number.NaN, tre: 2.5, folded: 0 },
  ];
  const left = withoutEmptyColumns({ columns, rows, caption: 'c' });
  expect(left.columns.map(({ key }) => key)).toEqual(['pair', 'tre', 'folded']);
  expect(left).toMatchObject({ rows, caption: 'c' });
});

test.each(['# big', '> said', '- item', '+ item', '1. item', '2) item', '=== x'])(
  'a caption begins no other block: %s',
  (caption) => {
    const [first] = toMarkdown({ ...table, caption }).split('\n');
    expect(first?.replace('\\', '')).toBe(caption);
    expect(first).toMatch(/^\d*\\/);
  },
);

test('Markdown', () => {
  expect(toMarkdown(table)).toBe(`Results

| Label | Dice | HD95 (mm) |
| :--- | ---: | ---: |
| a\\|b | 0.900 ± 0.100 | 1.3 |
| =1+1,"&lt;i>" | 0.500 | – |
| c | 0.700 | −2.0 |
`);
});

test('CSV has full precision, one column a number, and no formulae', () => {
  const parsed = Papa.parse<string[]>(toCsv(table).trimEnd());
  expect(parsed.errors).toEqual([]);
  expect(parsed.data[0]).toEqual(['Label', 'Dice mean', 'Dice SD', 'HD95 (mm)']);
  expect(parsed.data[1]!.slice(0, 1)).toEqual(['a|b']);
  expect(Number(parsed.data[1]![2])).toBeCloseTo(0.1, 12);
  expect(parsed.data[2]).toEqual(['\'=1+1,"<i>"', '0.5', '', '']);
  expect(parsed.data[3]).toEqual(['c', '0.7', '', '-2']);
});

test('HTML is escaped and carries the numbers to sort by', () => {
  const html = toHtml(table, { sortable: true });
  expect(html).toContain('=1+1,&quot;&lt;i&gt;&quot;');
  expect(html).toContain('data-value="1.25"');
  expect(html.match(/<button/g)).toHaveLength(3);
  expect(toHtml(table)).not.toContain('<button');
});
