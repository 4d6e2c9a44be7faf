import { given } from '../../given.ts';
import { htmlPage, type Provenance, paperFigure, paragraph, section } from './htmlPage.ts';
import { type Table, toHtml, withoutEmptyColumns } from './table.ts';
import { type ViewerInput, viewer } from './viewer.ts';

/** What {@link pairReport} shows. Strings are escaped; `figure` and `charts` are SVG from this folder. */
interface PairReport {
  readonly title: string;
  readonly subtitle?: string;
  /** From registrationFigure. */
  readonly figure: string;
  /** Metrics by label, before and after. */
  readonly metrics?: Table;
  readonly viewer?: ViewerInput;
  readonly charts?: readonly string[];
  readonly notes?: readonly string[];
  readonly provenance: Provenance;
}

/** The report of one registered pair: figure, metrics, interactive viewer and provenance in one HTML file. */
export function pairReport(report: PairReport): string {
  const notes = (report.notes ?? []).map(paragraph).join('\n');
  return htmlPage({
    title: report.title,
    ...given({ subtitle: report.subtitle }),
    provenance: report.provenance,
    sections: [
      section('Result', paperFigure(report.figure) + notes),
      ...(report.metrics === undefined ? [] : [section('Metrics', toHtml(report.metrics))]),
      ...chartSection(report.charts),
      ...(report.viewer === undefined ? [] : [section('Viewer', viewer(report.viewer), { screenOnly: true })]),
    ],
  });
}

/** What {@link evaluationReport} shows. Strings are escaped; charts and figures are SVG from this folder. */
interface EvaluationReport {
  readonly title: string;
  readonly subtitle?: string;
  /** Mean ± SD over the pairs. */
  readonly summary: Table;
  /** Box plots, learning curves. */
  readonly charts?: readonly string[];
  /** One row a pair; readers can sort it. */
  readonly pairs: Table;
  /** A few pairs in pictures, see {@link worstMedianBest}. */
  readonly figures?: readonly { readonly caption: string; readonly svg: string }[];
  readonly notes?: readonly string[];
  readonly provenance: Provenance;
}

/** The report of many pairs: summary, distributions, chosen pairs in pictures, every pair's numbers, provenance. */
export function evaluationReport(report: EvaluationReport): string {
  const notes = (report.notes ?? []).map(paragraph).join('\n');
  const figures = (report.figures ?? []).map(({ svg, caption }) => paperFigure(svg, caption));
  return htmlPage({
    title: report.title,
    ...given({ subtitle: report.subtitle }),
    provenance: report.provenance,
    sections: [
      section('Summary', toHtml(report.summary) + notes),
      ...chartSection(report.charts),
      ...(figures.length === 0 ? [] : [section('Pairs in pictures', figures.join('\n'))]),
      section('All pairs', toHtml(withoutEmptyColumns(report.pairs), { sortable: true })),
    ],
  });
}

function chartSection(charts: readonly string[] = []): string[] {
  const framed = charts.map((chart) => `<div>${chart}</div>`);
  return charts.length === 0 ? [] : [section('Charts', `<div class="charts">${framed.join('\n')}</div>`)];
}

/**
 * Indices of the worst, the median and the best value, without repetition. The median of an even count is the lower of
 * the two in the middle. Values that are no number are left out.
 */
export function worstMedianBest(
  values: readonly number[],
  better: 'higher' | 'lower',
): { readonly name: 'worst' | 'median' | 'best'; readonly index: number }[] {
  const order = values
    .map((_, index) => index)
    .filter((index) => !Number.isNaN(values[index]))
    .sort((a, b) => (values[a]! - values[b]!) * (better === 'higher' ? 1 : -1) || a - b);
  const chosen = new Map<number, 'worst' | 'median' | 'best'>();
  const choose = (place: number, name: 'worst' | 'median' | 'best'): void => {
    const index = order[place];
    if (index !== undefined && !chosen.has(index)) chosen.set(index, name);
  };
  choose(0, 'worst');
  choose(order.length - 1, 'best');
  choose(Math.floor((order.length - 1) / 2), 'median');
  const rank = ['worst', 'median', 'best'];
  return [...chosen]
    .map(([index, name]) => ({ name, index }))
    .sort((a, b) => rank.indexOf(a.name) - rank.indexOf(b.name));
}
