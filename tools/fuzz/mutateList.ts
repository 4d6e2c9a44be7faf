import type { Random } from '../../src/random.ts';
import type { Mutation } from './format.ts';
import { pick } from './mutateBytes.ts';
import { type Json, ofJson, ofText, places } from './mutateText.ts';

/** A mutation of a table, whose rows are lists of cells; the first row names the columns. */
function ofTable(name: string, change: (rows: string[][], random: Random) => void): Mutation {
  return ofText(name, (text, random) => {
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    if (rows.length < 2) return undefined;
    change(rows, random);
    return `${rows.map((row) => row.join(',')).join('\n')}\n`;
  });
}

/** A row that is none of the names of columns. */
function row(rows: readonly string[][], random: Random): string[] {
  return rows[1 + random.integer(rows.length - 1)] as string[];
}

function cellsExchanged(cells: string[], random: Random): void {
  const [a, b] = [random.integer(cells.length), random.integer(cells.length)];
  [cells[a], cells[b]] = [cells[b] as string, cells[a] as string];
}

function cellAs(cells: string[], change: (cell: string) => string, random: Random): void {
  const at = random.integer(cells.length);
  cells[at] = change(cells[at] as string);
}

/** What a path in a list may be in place of the file that is meant. */
const WRONG_PATHS: readonly ((path: string) => string)[] = [
  (path) => path.toUpperCase(),
  (path) => `./${path}`,
  (path) => `../${path}`,
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => `${path},2`,
  (path) => `${path}#3`,
  (path) => path.replaceAll('/', '\\'),
  (path) => path.slice(0, -1),
  (path) => path.replace(/[^/]*$/, ''),
  (path) => path.replace(/^images/, 'labels'),
  (path) => path.replace(/^labels/, 'images'),
  () => '~',
  () => '/dev/zero',
  () => '/proc/self/mem',
  () => 'dataset.json',
  () => 'https://example.org/a.nii.gz',
];

/** What a list of files in a table may meet beside what any text may. */
export const TABLE: readonly Mutation[] = [
  ofTable('two columns named alike', (rows) => rows[0]!.splice(1, 1, rows[0]![0] as string)),
  ofTable('names of columns exchanged', (rows, random) => cellsExchanged(rows[0]!, random)),
  ofTable('the names of columns lost', (rows) => rows.shift()),
  ofTable('nothing but the names of columns', (rows) => rows.splice(1)),
  ofTable('names of columns in capitals, with spaces', (rows) =>
    rows.splice(
      0,
      1,
      rows[0]!.map((name) => ` ${name.toUpperCase()} `),
    ),
  ),
  ofTable('a column lost', (rows, random) => {
    const at = random.integer(rows[0]!.length);
    for (const cells of rows) cells.splice(at, 1);
  }),
  ofTable('a column more', (rows, random) => {
    const name = pick(['note', '__proto__', 'fixed', 'constructor', ''], random);
    for (const [n, cells] of rows.entries()) cells.push(n === 0 ? name : 'x');
  }),
  ofTable('a cell more in a row', (rows, random) => row(rows, random).push('x')),
  ofTable('a cell less in a row', (rows, random) => row(rows, random).pop()),
  ofTable('an empty cell', (rows, random) => cellAs(row(rows, random), () => '', random)),
  ofTable('cells exchanged', (rows, random) => cellsExchanged(row(rows, random), random)),
  ofTable('a scan onto itself', (rows, random) => row(rows, random).splice(1, 1, rows[1]![0] as string)),
  ofTable('a quote that is not closed', (rows, random) => cellAs(row(rows, random), (cell) => `"${cell}`, random)),
  ofTable('a quote inside', (rows, random) => cellAs(row(rows, random), (cell) => `${cell}"x"`, random)),
  ofTable('a line inside quotes', (rows, random) => cellAs(row(rows, random), (cell) => `"${cell}\n"`, random)),
  ...[1, 2, 3].map(() =>
    ofTable('another path', (rows, random) => cellAs(row(rows, random), pick(WRONG_PATHS, random), random)),
  ),
];

/** The places of a document that hold a path. */
function paths(json: Json): { holder: Record<string, Json>; key: string; path: string }[] {
  return places(json).flatMap(({ holder, key }) => {
    const value = holder[key];
    return typeof value === 'string' && /\.(nii|mha|nrrd)/.test(value) ? [{ holder, key, path: value }] : [];
  });
}

/** The lists of a document. */
function listsIn(json: Json): Json[][] {
  return places(json).flatMap(({ holder, key }) => (Array.isArray(holder[key]) ? [holder[key]] : []));
}

function atPaths(name: string, change: (found: ReturnType<typeof paths>, random: Random) => void): Mutation {
  return ofJson(name, (json, random) => {
    const found = paths(json);
    if (found.length < 2) return undefined;
    change(found, random);
    return json;
  });
}

function ofList(name: string, change: (list: Json[], random: Random) => void): Mutation {
  return ofJson(name, (json, random) => {
    const lists = listsIn(json);
    if (lists.length === 0) return undefined;
    change(pick(lists, random), random);
    return json;
  });
}

/** What a document that lists files may meet beside what any JSON may. */
export const MANIFEST: readonly Mutation[] = [
  ...[1, 2, 3].map(() =>
    atPaths('another path', (found, random) => {
      const { holder, key, path } = pick(found, random);
      holder[key] = pick(WRONG_PATHS, random)(path);
    }),
  ),
  atPaths('paths exchanged', (found, random) => {
    const [one, other] = [pick(found, random), pick(found, random)];
    one.holder[one.key] = other.path;
    other.holder[other.key] = one.path;
  }),
  atPaths('the same path twice', (found, random) => {
    const { holder, key } = pick(found, random);
    holder[key] = pick(found, random).path;
  }),
  ofList('an entry twice', (list, random) => list.push(structuredClone(pick(list, random) ?? null))),
  ofList('an empty list', (list) => list.splice(0)),
  ofList('all but one entry lost', (list) => list.splice(1)),
  ofList('the entries in a list of their own', (list) => list.splice(0, list.length, [...list])),
  ofList('a path in place of an entry', (list, random) => {
    if (list.length > 0) list[random.integer(list.length)] = './imagesTr/phantom_001.nii.gz';
  }),
];
