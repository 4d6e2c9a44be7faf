import { CHART_WIDTH } from '../chart/chart.ts';
import { PAGE_WIDTH } from '../draw/printedFigure.ts';
import { escapeText } from '../draw/svg.ts';
import { TEXT } from '../draw/theme.ts';
import { SORT_SCRIPT } from './scripts.generated.ts';

/** Where results came from: names and values, in the order given; those without a value are left out. */
export type Provenance = Readonly<Record<string, string | number | undefined>>;

/** What {@link htmlPage} holds. */
interface HtmlPage {
  readonly title: string;
  readonly subtitle?: string;
  /** Markup, see {@link section}. */
  readonly sections: readonly string[];
  readonly provenance: Provenance;
}

/** Each row of a table as a list of names and values, where the columns do not fit side by side. */
const rowsAsLists = (
  table: string,
): string => `  ${table}, ${table} :is(thead, tbody, tr, td, caption) { display: block; }
  ${table} thead th { display: none; }
  ${table} tbody tr { border-bottom: 1px solid var(--rule); padding: 6px 0; }
  ${table} :is(td, td.number) { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 1px 0;
    text-align: right; min-width: 0; }
  ${table} td::before { content: attr(data-label); color: var(--muted); text-align: left; white-space: normal; flex: none;
    max-width: 50%; }
  ${table} td:empty { display: none; }
  ${table} td:first-child { font-weight: 600; text-align: left; }
  ${table} td:first-child::before { content: none; }`;

/** The smallest width at which an SVG's smallest text can be read on a screen. In a narrower page the part scrolls. */
function readable(svgWidth: number, smallestText: number): number {
  const leastText = 10;
  return Math.ceil((svgWidth * leastText) / smallestText);
}

const CHART = readable(CHART_WIDTH, TEXT.body);

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --muted: #5b6470; --page: #ffffff; --raised: #f6f7f9; --rule: #d9dde3;
  --accent: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --muted: #9aa3af; --page: #14171b; --raised: #1d2127;
  --rule: #343a43; --accent: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
header { border-bottom: 1px solid var(--rule); padding-bottom: 12px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 8px 0; max-width: 75ch; }
.subtitle, .note { color: var(--muted); }
figure { margin: 0 0 16px; }
figcaption { font-weight: 600; margin: 0 0 6px; overflow-wrap: anywhere; }
.paper { border: 1px solid var(--rule); border-radius: 6px; padding: 10px; }
.paper, .charts > div { overflow-x: auto; }
.paper > svg { display: block; width: 100%; height: auto; }
@media screen { .paper > svg.figure { min-width: ${readable(PAGE_WIDTH, TEXT.small)}px; }
  .charts > div > svg { min-width: ${CHART}px; } }
svg .ground { fill: none; }
svg.figure, svg.figure g[fill='#1f2328'] { fill: var(--ink); }
svg.figure text[fill='#1f2328'] { fill: var(--ink); }
svg.figure text[fill='#6b7280'], svg.figure g[fill='#6b7280'] { fill: var(--muted); }
svg.figure .legend [stroke='#1f2328'], svg.figure .scale [stroke='#1f2328'] { stroke: var(--ink); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(${CHART}px, 100%), 1fr)); gap: 24px;
  align-items: start; }
.chart { display: block; width: 100%; height: auto; max-width: 640px; color: var(--ink); }
.chart [stroke='#c9cdd3'] { stroke: var(--rule); }
@media screen and (prefers-color-scheme: dark) { .chart [fill-opacity='0.5'] { fill-opacity: 0.9; } }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
caption { text-align: left; color: var(--muted); padding-bottom: 6px; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: bottom; }
td { overflow-wrap: anywhere; min-width: 10.5em; }
thead th { border-bottom: 2px solid var(--rule); font-weight: 600; }
th.number, td.number { text-align: right; padding: 5px 0 5px 14px; }
td.number { white-space: nowrap; min-width: 0; }
tbody tr:hover { background: var(--raised); }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
th button::after { content: ' ↕'; color: var(--muted); opacity: 0.5; }
th[aria-sort='ascending'] button::after { content: ' ↑'; opacity: 1; color: var(--accent); }
th[aria-sort='descending'] button::after { content: ' ↓'; opacity: 1; color: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14px; }
dt { color: var(--muted); }
dd { margin: 0; font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 13px;
  overflow-wrap: anywhere; white-space: pre-wrap; }
.viewer { background: var(--raised); border: 1px solid var(--rule); border-radius: 6px; padding: 14px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center; margin-bottom: 12px; font-size: 14px; }
.controls fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
.controls legend { float: left; margin-right: 12px; padding: 0; color: var(--muted); }
.controls label { white-space: nowrap; cursor: pointer; }
.controls .mix { display: flex; align-items: center; gap: 8px; }
.controls .mix[hidden] { display: none; }
.planes { display: grid; gap: 14px; align-items: start; }
@media (min-width: 640px) { .planes { grid-template-columns: var(--columns); } }
.viewer .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 0; font-size: 13px; color: var(--muted);
  max-width: none; }
.viewer .legend i { display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; }
.plane .slice { font-size: 13px; color: var(--muted); margin-top: 6px; }
.plane input { display: block; width: 100%; }
.plane output { float: right; font-variant-numeric: tabular-nums; }
.picture { position: relative; background: #000000; display: flex; justify-content: center; border-radius: 3px;
  overflow: hidden; }
.picture canvas { width: 100%; height: auto; display: block; cursor: crosshair; touch-action: none; }
.picture span { position: absolute; color: #ffffff; font-size: 12px; font-weight: 600; text-shadow: 0 0 3px #000000;
  pointer-events: none; }
.picture .left { left: 6px; top: 50%; transform: translateY(-50%); }
.picture .right { right: 6px; top: 50%; transform: translateY(-50%); }
.picture .top { top: 3px; left: 50%; transform: translateX(-50%); }
.picture .bottom { bottom: 3px; left: 50%; transform: translateX(-50%); }
input { accent-color: var(--accent); }
@media screen and (max-width: 759px) {
  main { padding: 20px 16px 48px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 8px; }
${rowsAsLists('table')}
}
@media screen and (max-width: 1099px) {
${rowsAsLists('.sortable')}
  .sortable thead tr { display: flex; flex-wrap: wrap; gap: 4px 16px; border-bottom: 2px solid var(--rule); padding-bottom: 8px; }
  .sortable thead tr::before { content: 'Sort by:'; color: var(--muted); }
  .sortable thead th { display: block; border: 0; padding: 0; }
}
@media print {
  :root { --ink: #000000; --muted: #444444; --page: #ffffff; --raised: #ffffff; --rule: #bbbbbb; color-scheme: light; }
  main { max-width: none; padding: 0; }
  body { font-size: 10pt; }
  .screen { display: none; }
  figure, tr, .chart { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .paper { border: 0; padding: 0; }
  .charts { grid-template-columns: 1fr 1fr; }
  th button::after { content: none; }
  @page { margin: 15mm; }
}
`;

/** Forbids every request: what the page shows is in the page. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** A part of a page under a heading; the content is markup. Parts for the screen only are not printed. */
export function section(heading: string, content: string, options: { readonly screenOnly?: boolean } = {}): string {
  const attributes = options.screenOnly ? ' class="screen"' : '';
  return `<section${attributes}>\n<h2>${escapeText(heading)}</h2>\n${content}\n</section>`;
}

/** A paragraph of plain text. */
export function paragraph(content: string): string {
  return `<p class="note">${escapeText(content)}</p>`;
}

/** An SVG figure in a frame; its text takes the page's colours, also dark ones. */
export function paperFigure(svg: string, caption?: string): string {
  const heading = caption === undefined ? '' : `<figcaption>${escapeText(caption)}</figcaption>`;
  return `<figure>${heading}<div class="paper">${svg}</div></figure>`;
}

/** A whole page in one file: style, script, pictures and data are inside, and nothing is fetched. */
export function htmlPage(page: HtmlPage): string {
  const subtitle = page.subtitle === undefined ? '' : `<p class="subtitle">${escapeText(page.subtitle)}</p>`;
  const origin = Object.entries(page.provenance)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(String(value))}</dd>`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="${POLICY}" />
<title>${escapeText(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>${escapeText(page.title)}</h1>${subtitle}</header>
${page.sections.join('\n')}
${section('Provenance', `<dl>${origin.join('\n')}</dl>`)}
</main>
<script>${SORT_SCRIPT}</script>
</body>
</html>
`;
}
