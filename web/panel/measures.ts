import type { WorkerRegistration } from '../../src/browser/protocol.ts';
import type { Measure } from '../../src/metric/measure.ts';
import { measures, valueIn } from '../../src/metric/measures.ts';
import { rowOf } from '../../src/metric/measureText.ts';
import { capitalised } from '../../src/report/draw/theme.ts';
import { fill, make } from '../dom.ts';
import type { Session } from '../session.ts';

/** Share of folded voxels in % from which on it is said. */
const MANY_FOLDS = 0.5;

interface Row {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Whether it became better or worse; left out where neither can be said. */
  readonly became?: 'better' | 'worse';
}

/** What can be said of the result. */
export function measuresPanel(session: Session): HTMLElement {
  const warnings = make('div', { class: 'warnings' });
  const table = make('table', { class: 'measures' });
  const structures = make('details', { class: 'structures' });
  const element = make(
    'section',
    { class: 'card', attributes: { 'aria-label': 'Measures' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Measures')),
    warnings,
    table,
    structures,
  );
  session.watch(['result'], () => {
    const { result } = session;
    element.hidden = !result;
    if (!result) return;
    fill(warnings, ...doubts(result).map((text) => make('p', { class: 'message note' }, text)));
    fill(table, head('Pair'), make('tbody', {}, ...rowsOf(result).map(line)));
    const labels = labelRows(result);
    structures.hidden = labels.length === 0;
    fill(
      structures,
      make('summary', {}, `Each of ${result.assessment.labels.length} structures`),
      make('table', { class: 'measures' }, head('Structure'), make('tbody', {}, ...labels.map(line))),
    );
  });
  return element;
}

/** Rows of likeness, labels, landmarks and deformation. */
function rowsOf({ judgement, assessment }: WorkerRegistration): Row[] {
  const { before, after, movement, foldedForegroundPercent } = judgement;
  const known = [...measures().values()].filter((measure) =>
    Number.isFinite(valueIn({ ...assessment.after, ...assessment.deformation }, measure.key)),
  );
  return [
    row('Correlation', 3, before.correlation, after.correlation),
    row('Mutual information (NMI)', 3, before.nmi, after.nmi, 'more'),
    ...known
      .filter(({ needs }) => needs !== 'warp')
      .map((measure) => measured(measure, assessment.before, assessment.after)),
    row('Movement, mean (mm)', 2, undefined, movement.mean),
    row('Movement, most (mm)', 1, undefined, movement.max),
    ...known.filter(({ needs }) => needs === 'warp').map((measure) => measured(measure, {}, assessment.deformation)),
    row('Folded voxels of the foreground (%)', 3, undefined, foldedForegroundPercent),
  ];
}

function labelRows({ assessment }: WorkerRegistration): Row[] {
  const list = [...measures().values()].filter(({ needs }) => needs === 'labels');
  return assessment.labels.flatMap(({ label, before, after }) =>
    list.map((measure) => ({
      ...measured(measure, before, after),
      name: capitalised(rowOf(measure, `label ${label}`)),
    })),
  );
}

function measured(measure: Measure, before: object, after: object): Row {
  const { key, digits, better } = measure;
  return row(capitalised(rowOf(measure)), Math.max(digits, 2), valueIn(before, key), valueIn(after, key), better);
}

function row(name: string, digits: number, before: number | undefined, after: number, better?: 'more' | 'less'): Row {
  const text = (value: number | undefined): string =>
    value !== undefined && Number.isFinite(value) ? value.toFixed(digits) : '';
  const isBoth = before !== undefined && Number.isFinite(before) && before.toFixed(digits) !== after.toFixed(digits);
  const became = isBoth && better ? ((better === 'more') === after > before ? 'better' : 'worse') : undefined;
  return { name, before: text(before), after: text(after) || '–', ...(became ? { became } : {}) };
}

function head(name: string): HTMLElement {
  return make(
    'thead',
    {},
    make('tr', {}, ...[name, 'Before', 'After'].map((text) => make('th', { attributes: { scope: 'col' } }, text))),
  );
}

function line({ name, before, after, became }: Row): HTMLElement {
  const mark = became === 'better' ? ' ✓' : became === 'worse' ? ' ✗' : '';
  return make(
    'tr',
    { class: became ?? '' },
    make('th', { attributes: { scope: 'row' } }, name),
    make('td', {}, before),
    make('td', {}, after, make('span', { class: 'became', title: became ?? '' }, mark)),
  );
}

/** What may have gone wrong. */
function doubts({ judgement: { before, after, foldedPercent } }: WorkerRegistration): string[] {
  return [
    ...(after.nmi < before.nmi
      ? ['The scans are less alike than before the registration; look at the result before you use it.']
      : []),
    ...(foldedPercent > MANY_FOLDS
      ? [`${foldedPercent.toFixed(1)} % of the voxels are folded; fewer levels or more smoothness help.`]
      : []),
  ];
}
