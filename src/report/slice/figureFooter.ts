import type { Vec3 } from '../../volume/grid.ts';
import type { ColourMap } from '../draw/colourMap.ts';
import { group, text } from '../draw/svg.ts';
import { MUTED, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import { type OutlineLegend, outlineLegend } from './outlineLegend.ts';
import { colourBar, divergingLabels } from './panel.ts';

/** A number for the caption of a figure, before → after. */
export interface FigureMetric {
  readonly name: string;
  readonly before?: number;
  readonly after: number;
  readonly unit?: string;
  /** Decimals; default 3. */
  readonly digits?: number;
}

/** Where the footer goes, in user units. */
interface FooterPlace {
  readonly y: number;
  readonly width: number;
  readonly left: number;
  readonly columns: readonly number[];
  readonly columnWidth: number;
}

interface Scale {
  readonly map: ColourMap;
  readonly limit: number;
}

/** What the footer explains. */
interface FooterContent extends OutlineLegend {
  readonly difference?: Scale;
  readonly jacobian?: Scale;
  readonly metrics: readonly FigureMetric[];
  /** What was taken off the deformation, LPS millimetres. */
  readonly translation: Vec3;
}

/** How the picture lies, for axial and coronal slices. */
export const RADIOLOGICAL = 'Radiological display: the patient’s right is on the left.';

/** Legend, colour bars, metrics and notes below the pictures. `bottom` is where it ends. */
export function figureFooter(place: FooterPlace, content: FooterContent): { svg: string; bottom: number } {
  const legendEnd = outlineLegend(
    { x: place.left, y: place.y, width: place.columns[2]! + place.columnWidth - place.left },
    content,
  );
  const bars: string[] = [];
  const barY = place.y + TEXT.small + 5;
  if (content.difference !== undefined) {
    const x = place.columns[3]! + place.columnWidth * 0.4;
    const end = place.columns[4]! + place.columnWidth * 0.6;
    const { map, limit } = content.difference;
    const frame = { x, y: barY, width: end - x, height: 6 };
    bars.push(colourBar(frame, map, divergingLabels(limit), 'Image − fixed (share of intensity window)'));
  }
  if (content.jacobian !== undefined) {
    const frame = { x: place.columns[5]! + 12, y: barY, width: place.columnWidth - 24, height: 6 };
    const { map, limit } = content.jacobian;
    bars.push(colourBar(frame, map, divergingLabels(limit), 'log |J| (shrinks · grows)'));
  }
  let y = Math.max(legendEnd.bottom, bars.length > 0 ? barY + 18 : place.y) + 6;
  const metrics = metricLine(place, content.metrics, y);
  y = metrics.bottom;
  const notes: string[] = [];
  for (const note of wrapText(noteText(content), TEXT.small, place.width - place.left)) {
    y += TEXT.small + 2.5;
    notes.push(text(place.left, y, note, { 'font-size': TEXT.small, fill: MUTED }));
  }
  return { svg: legendEnd.svg + bars.join('') + metrics.svg + group({}, ...notes), bottom: y };
}

function metricLine(
  place: FooterPlace,
  metrics: readonly FigureMetric[],
  top: number,
): { svg: string; bottom: number } {
  if (metrics.length === 0) return { svg: '', bottom: top };
  const size = TEXT.heading;
  const parts: string[] = [];
  let x = place.left;
  let y = top + size;
  for (const metric of metrics) {
    const number = (value: number): string => value.toFixed(metric.digits ?? 3).replace('-', '−');
    const name = `${metric.name} `;
    const before = metric.before === undefined ? '' : `${number(metric.before)} → `;
    const after = number(metric.after) + (metric.unit === undefined ? '' : ` ${metric.unit}`);
    const nameWidth = textWidth(name, size);
    const beforeWidth = textWidth(before, size);
    const width = nameWidth + beforeWidth + textWidth(after, size, true);
    if (x > place.left && x + width > place.width) {
      x = place.left;
      y += size + 4;
    }
    parts.push(text(x, y, name.trimEnd(), { fill: MUTED }));
    if (before !== '') parts.push(text(x + nameWidth, y, before.trimEnd()));
    parts.push(text(x + nameWidth + beforeWidth, y, after, { 'font-weight': 'bold' }));
    x += width + 20;
  }
  return { svg: group({ 'font-size': size }, ...parts), bottom: y + 2 };
}

function noteText(content: FooterContent): string {
  const notes = [RADIOLOGICAL];
  if (content.translation.some((value) => value !== 0)) {
    const [l, p, s] = content.translation;
    const parts = [
      [l, 'left', 'right'],
      [p, 'posterior', 'anterior'],
      [s, 'superior', 'inferior'],
    ] as const;
    const written = parts
      .filter(([value]) => Math.abs(value) >= 0.05)
      .map(([value, positive, negative]) => `${Math.abs(value).toFixed(1)} mm ${value < 0 ? negative : positive}`);
    notes.push(`The deformation is drawn without its constant part (${written.join(', ')}).`);
  }
  return notes.join(' ');
}
