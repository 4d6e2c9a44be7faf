import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles as files, type Import, sourceImports as imports } from './support/sourceImports.ts';

/** The folders of src, from the top down: an import leads from a folder to itself or to one further down. */
const ORDER = [
  'cli',
  'experiment',
  'workflow',
  'file',
  'browser',
  'outcome',
  'report',
  'registration',
  'training',
  'objective',
  'optimise',
  'loss',
  'network',
  'preparation',
  'neighbourhood',
  'graph',
  'synthesis',
  'dataset',
  'metric',
  'volume',
];
/** Files that belong to no folder. All may import them; they import nothing of the project but errors. */
const SHARED = ['crc32.ts', 'errors.ts', 'given.ts', 'memory.ts', 'random.ts', 'schema.ts', 'triple.ts'];
/** Public entries, which nothing imports. */
const ENTRIES = ['index.ts', 'node.ts', 'browser.ts'];

/** Where downward is not narrow enough: all that these folders may import. */
const WALLS: Readonly<Record<string, readonly string[]>> = {
  volume: [],
  metric: ['volume'],
  synthesis: ['dataset', 'metric', 'volume'],
  dataset: ['volume'],
  graph: [],
  neighbourhood: ['graph'],
  network: ['graph', 'neighbourhood', 'preparation'],
  preparation: ['volume'],
  loss: ['graph', 'neighbourhood'],
  objective: ['graph', 'loss', 'network'],
  optimise: ['graph'],
  report: ['metric', 'volume'],
};

/** Folders that run in Node only; everything else also runs in a browser. */
const NODE_ONLY = ['cli', 'experiment', 'workflow', 'file'];

/**
 * The rooms of `experiment`, and which others each may use. The protocol knows no disk, so that a page can use it too.
 */
const EXPERIMENT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  folder: ['protocol'],
  runner: ['protocol', 'folder'],
  report: ['protocol', 'folder', 'runner'],
  queue: ['protocol', 'folder', 'runner'],
};

/** The rooms of `report`, and which others each may use. */
const REPORT: Readonly<Record<string, readonly string[]>> = {
  draw: [],
  chart: ['draw'],
  slice: ['draw'],
  loss: ['draw', 'slice'],
  page: ['draw', 'chart', 'slice'],
};

const own = imports.filter(({ to }) => files.includes(to));
const folderOf = (path: string): string => path.split('/')[0] as string;
const described = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`);

describe('architecture', () => {
  it('sees the imports', () => {
    expect(own.length).toBeGreaterThan(files.length);
    expect(own).toContainEqual({ from: 'cli/train.ts', to: 'workflow/trainingRun.ts' });
  });

  it('every folder has its place in the order', () => {
    const places = new Set(files.map(folderOf));
    expect([...places].sort()).toEqual([...ORDER, ...SHARED, ...ENTRIES].sort());
  });

  it('imports point down', () => {
    const place = (path: string): number => {
      if (ENTRIES.includes(path)) return -1;
      if (path === 'errors.ts') return ORDER.length + 1;
      return SHARED.includes(path) ? ORDER.length : ORDER.indexOf(folderOf(path));
    };
    const upward = own.filter(({ from, to }) => folderOf(from) !== folderOf(to) && place(from) >= place(to));
    expect(described(upward)).toEqual([]);
  });

  it('walls stand: graph knows no medicine, volume and metric know no graphs, loss and network know no files', () => {
    const through = own.filter(({ from, to }) => {
      const allowed = WALLS[folderOf(from)];
      if (!allowed || folderOf(from) === folderOf(to) || SHARED.includes(to)) return false;
      return !allowed.includes(folderOf(to)) && !allowed.includes(to);
    });
    expect(described(through)).toEqual([]);
  });

  it.each([
    ['experiment', EXPERIMENT],
    ['report', REPORT],
  ])('the rooms of %s use each other one way only', (folder, rooms) => {
    const roomOf = (path: string): string => path.split('/')[1] as string;
    const inside = own.filter(({ from, to }) => folderOf(from) === folder && folderOf(to) === folder);
    const against = inside.filter(
      ({ from, to }) => roomOf(from) !== roomOf(to) && !rooms[roomOf(from)]?.includes(roomOf(to)),
    );
    expect(inside.length).toBeGreaterThan(0);
    expect(described(against)).toEqual([]);
    const places = new Set(files.filter((path) => folderOf(path) === folder).map(roomOf));
    expect([...places].sort()).toEqual(Object.keys(rooms).sort());
  });

  it('what runs in a report’s page is bundled, and imported by nothing else', () => {
    const isInPage = (path: string): boolean => path.startsWith('report/page/browser/');
    expect(files.filter(isInPage).length).toBeGreaterThan(0);
    expect(described(own.filter(({ from, to }) => !isInPage(from) && isInPage(to)))).toEqual([]);
  });

  it('only experiment, workflow, file and cli, and the entry for Node, need Node; the protocol of experiments does not', () => {
    const allowed = [...NODE_ONLY, 'node.ts'];
    const runsAnywhere = (path: string): boolean =>
      !allowed.includes(folderOf(path)) || path.startsWith('experiment/protocol/');
    const needing = imports.filter(
      ({ from, to }) => runsAnywhere(from) && (to.startsWith('node:') || (files.includes(to) && !runsAnywhere(to))),
    );
    expect(described(needing)).toEqual([]);
  });

  it('ONNX Runtime is reached through graph/runtime.ts alone', () => {
    const direct = imports.filter(({ from, to }) => /^#?onnxruntime/.test(to) && from !== 'graph/runtime.ts');
    expect(described(direct)).toEqual([]);
  });

  it('docs/architecture.md names the folders in this order', () => {
    const text = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, folder]) => folder);
    expect(rows).toEqual(ORDER);
  });
});
