import { scaleLinear } from 'd3-scale';
import { element, group, line, polyline, text } from '../draw/svg.ts';
import { HAIRLINE, INK, MUTED, OKABE_ITO, TEXT } from '../draw/theme.ts';
import type { Frame } from '../slice/panel.ts';

/** Colours of the two volumes and of the area between them. */
export const PAIR_COLOURS = { fixed: OKABE_ITO.blue, moved: OKABE_ITO.vermillion, between: OKABE_ITO.yellow } as const;
/** Dashes of the second volume, which tell it apart without colour. */
export const MOVED_DASHES = '3.2 1.6';

/** Two binned masses on a line. */
interface ProjectedMasses {
  readonly kind: 'masses';
  /** Values of the distribution functions at all bins but the last, where they are 1. */
  readonly fixed: ArrayLike<number>;
  readonly moved: ArrayLike<number>;
  /** Distance of neighbouring bins; the line's origin is in the middle of them. */
  readonly width: number;
}

/** Two sets of points on a line, ascending. */
interface ProjectedPoints {
  readonly kind: 'points';
  readonly fixed: ArrayLike<number>;
  readonly moved: ArrayLike<number>;
}

export type Projected = ProjectedMasses | ProjectedPoints;

type Point = readonly [x: number, y: number];

/** Curves of one small plot, in data units. */
interface Curves {
  readonly fixed?: readonly Point[];
  readonly moved?: readonly Point[];
  /** Filled between one boundary and another. */
  readonly area?: { readonly upper: readonly Point[]; readonly lower: readonly Point[] };
  /** Whether the space below each curve is filled lightly. */
  readonly filled?: boolean;
}

/** A row of small plots with common axes, one a projection. */
interface Row {
  readonly name: string;
  /** Share of the height. */
  readonly share: number;
  /** Whether the vertical axis must show 0. */
  readonly zero: boolean;
  readonly curves: readonly Curves[];
}

/** Points that a curve is drawn with at most. */
const MOST_POINTS = 240;
const ROW_GAP = 13;
const COLUMN_GAP = 11;
/** Room for numbers and names on the left and below. */
const PLOT_MARGINS = { left: 42, bottom: 26 } as const;

/**
 * Small plots of projections, a column each, with the area between the two volumes shaded. Masses: profiles,
 * distribution functions and their difference. Points: in ascending order, and the gap between them.
 *
 * @param place all of it, the axes' names included
 * @param columns left edges and common width of the columns, in user units
 */
export function projectionPlots(projected: readonly Projected[], place: Frame, positionUnit: string): string {
  const isMass = projected.every((p) => p.kind === 'masses');
  const rows = isMass ? massRows(projected) : pointRows(projected as readonly ProjectedPoints[], positionUnit);
  const columns = plotColumns(place, projected.length);
  const xDomain: [number, number] = isMass
    ? extentOf(rows.flatMap((row) => row.curves.flatMap(pointsOf)).map(([x]) => x))
    : [0, 1];
  const height = place.height - PLOT_MARGINS.bottom - ROW_GAP * (rows.length - 1);
  const shares = rows.reduce((sum, row) => sum + row.share, 0);
  let y = place.y;
  const parts: string[] = [];
  for (const [index, row] of rows.entries()) {
    const rowHeight = (height * row.share) / shares;
    const last = index === rows.length - 1;
    parts.push(plotRow(row, { columns, y, height: rowHeight, xDomain, numbers: last }));
    y += rowHeight + ROW_GAP;
  }
  const middle = (columns[0]!.x + columns.at(-1)!.x + columns.at(-1)!.width) / 2;
  const xName = isMass ? `position along the direction (${positionUnit})` : 'share of the points, in ascending order';
  parts.push(
    text(middle, place.y + place.height - 1, xName, { 'text-anchor': 'middle', 'font-size': TEXT.body, fill: INK }),
  );
  return group({}, ...parts);
}

/** Left edges and widths of the columns of {@link projectionPlots}. */
export function plotColumns(place: Frame, count: number): readonly { readonly x: number; readonly width: number }[] {
  const width = (place.width - PLOT_MARGINS.left - COLUMN_GAP * (count - 1)) / count;
  return Array.from({ length: count }, (_, k) => ({
    x: place.x + PLOT_MARGINS.left + k * (width + COLUMN_GAP),
    width,
  }));
}

function massRows(projected: readonly ProjectedMasses[]): Row[] {
  const cuts = projected[0]?.fixed.length ?? 0;
  const width = projected[0]?.width ?? 1;
  const position = (bin: number): number => (bin - cuts / 2) * width;
  const at = (cdf: ArrayLike<number>, bin: number): number => (bin < 0 ? 0 : bin >= cuts ? 1 : cdf[bin]!);
  // Bins that hold next to nothing of any mass are left out at both ends.
  const all = projected.flatMap(({ fixed, moved }) => [fixed, moved]);
  const first = Math.max(0, findBin(cuts, (bin) => all.some((cdf) => at(cdf, bin) > 1e-3)) - 1);
  const end = Math.min(cuts, findBin(cuts, (bin) => all.every((cdf) => at(cdf, bin) > 1 - 1e-3)) + 1);
  const bins = Array.from({ length: end - first + 1 }, (_, k) => first + k);
  /** Steps that change half a bin before each bin (profiles), or at it (distribution functions). */
  const steps = (value: (bin: number) => number, shift: number): Point[] =>
    bins.flatMap((bin) => [
      [position(bin - shift), value(bin)] as const,
      [position(bin + 1 - shift), value(bin)] as const,
    ]);
  const density = (cdf: ArrayLike<number>): Point[] => {
    const inner = steps((bin) => at(cdf, bin) - at(cdf, bin - 1), 0.5);
    return [[inner[0]![0], 0], ...inner, [inner.at(-1)![0], 0]];
  };
  const cumulative = (cdf: ArrayLike<number>): Point[] => {
    const inner = steps((bin) => at(cdf, bin), 0);
    return [[inner[0]![0], at(cdf, first - 1)], ...inner];
  };
  const difference = (a: ArrayLike<number>, b: ArrayLike<number>): Point[] =>
    steps((bin) => at(a, bin) - at(b, bin), 0);
  return [
    {
      name: 'mass in a bin',
      share: 1,
      zero: true,
      curves: projected.map(({ fixed, moved }) => ({ fixed: density(fixed), moved: density(moved), filled: true })),
    },
    {
      name: 'mass up to here',
      share: 1.15,
      zero: true,
      curves: projected.map(({ fixed, moved }) => ({
        fixed: cumulative(fixed),
        moved: cumulative(moved),
        area: { upper: cumulative(fixed), lower: cumulative(moved) },
      })),
    },
    {
      name: 'B − A',
      share: 0.7,
      zero: true,
      curves: projected.map(({ fixed, moved }) => gapCurves(difference(moved, fixed))),
    },
  ];
}

function pointRows(projected: readonly ProjectedPoints[], unit: string): Row[] {
  const drawn = (values: (rank: number) => number, count: number): Point[] => {
    const points = Math.min(count, MOST_POINTS);
    return Array.from({ length: points }, (_, k) => {
      const rank = points === 1 ? 0 : Math.round((k * (count - 1)) / (points - 1));
      return [(rank + 0.5) / count, values(rank)] as const;
    });
  };
  const of = (values: ArrayLike<number>): Point[] => drawn((rank) => values[rank]!, values.length);
  return [
    {
      name: `projection (${unit})`,
      share: 1.6,
      zero: false,
      curves: projected.map(({ fixed, moved }) => ({
        fixed: of(fixed),
        moved: of(moved),
        area: { upper: of(fixed), lower: of(moved) },
      })),
    },
    {
      name: 'B − A',
      share: 1,
      zero: true,
      curves: projected.map(({ fixed, moved }) =>
        gapCurves(drawn((rank) => moved[rank]! - fixed[rank]!, fixed.length)),
      ),
    },
  ];
}

/** A difference as an area from zero. */
function gapCurves(points: readonly Point[]): Curves {
  return { area: { upper: points, lower: points.map(([x]) => [x, 0] as const) } };
}

function findBin(count: number, is: (bin: number) => boolean): number {
  for (let bin = 0; bin < count; bin++) if (is(bin)) return bin;
  return count;
}

function pointsOf({ fixed = [], moved = [], area }: Curves): readonly Point[] {
  return [...fixed, ...moved, ...(area ? [...area.upper, ...area.lower] : [])];
}

function extentOf(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

interface RowPlace {
  readonly columns: readonly { readonly x: number; readonly width: number }[];
  readonly y: number;
  readonly height: number;
  readonly xDomain: readonly [number, number];
  /** Whether numbers stand below. */
  readonly numbers: boolean;
}

function plotRow(row: Row, { columns, y: top, height, xDomain, numbers }: RowPlace): string {
  const bottom = top + height;
  const values = row.curves.flatMap(pointsOf).map(([, value]) => value);
  const [low, high] = extentOf(row.zero ? [...values, 0] : values);
  const margin = (high - low) * 0.06;
  const y = scaleLinear([low < 0 || !row.zero ? low - margin : 0, high + margin], [bottom, top]);
  const ticks = y.ticks(height > 70 ? 4 : 3);
  const format = y.tickFormat(height > 70 ? 4 : 3);
  const left = columns[0]!.x;
  const parts = [
    group(
      {
        transform: `translate(${(left - PLOT_MARGINS.left + TEXT.body).toFixed(2)} ${((top + bottom) / 2).toFixed(2)}) rotate(-90)`,
      },
      text(0, 0, row.name, { 'text-anchor': 'middle', 'font-size': TEXT.body, fill: INK }),
    ),
    ...ticks.map((tick) =>
      text(left - 4, y(tick) + TEXT.small * 0.36, format(tick).replace('-', '−'), {
        'text-anchor': 'end',
        'font-size': TEXT.small,
        fill: MUTED,
      }),
    ),
  ];
  for (const [k, column] of columns.entries()) {
    const x = scaleLinear([...xDomain], [column.x, column.x + column.width]);
    const right = column.x + column.width;
    parts.push(
      ...ticks.map((tick) =>
        line(column.x, y(tick), right, y(tick), {
          stroke: HAIRLINE,
          'stroke-width': tick === 0 ? 0.9 : 0.4,
        }),
      ),
      curvesOf(row.curves[k] as Curves, ([px, py]) => [x(px), y(py)], y(0)),
      line(column.x, top, column.x, bottom, { stroke: MUTED, 'stroke-width': 0.6 }),
      line(column.x, bottom, right, bottom, { stroke: MUTED, 'stroke-width': 0.6 }),
    );
    const count = column.width > 150 ? 6 : 3;
    const xTicks = x.ticks(count);
    const xFormat = x.tickFormat(count);
    for (const tick of xTicks) {
      parts.push(line(x(tick), bottom, x(tick), bottom + 2.5, { stroke: MUTED, 'stroke-width': 0.6 }));
      if (numbers)
        parts.push(
          text(x(tick), bottom + 4 + TEXT.small, xFormat(tick).replace('-', '−'), {
            'text-anchor': x(tick) < column.x + 6 ? 'start' : x(tick) > right - 6 ? 'end' : 'middle',
            'font-size': TEXT.small,
            fill: MUTED,
          }),
        );
    }
  }
  return group({}, ...parts);
}

function curvesOf({ fixed, moved, area, filled }: Curves, place: (point: Point) => Point, ground: number): string {
  const path = (points: readonly Point[], attributes: Record<string, string | number | undefined>): string =>
    element('path', { d: polyline(points.map(place)), fill: 'none', 'stroke-linejoin': 'round', ...attributes });
  const below = (points: readonly Point[], fill: string): string => {
    const drawn = points.map(place);
    const closed = [...drawn, [drawn.at(-1)![0], ground] as const, [drawn[0]![0], ground] as const];
    return element('path', { d: polyline(closed, true), fill, 'fill-opacity': 0.14 });
  };
  return [
    area
      ? element('path', {
          d: polyline([...area.upper.map(place), ...area.lower.map(place).reverse()], true),
          fill: PAIR_COLOURS.between,
          // Alone, without the two curves, the area gets an outline.
          stroke: fixed ? undefined : INK,
          'stroke-width': fixed ? undefined : 0.5,
        })
      : '',
    fixed && filled ? below(fixed, PAIR_COLOURS.fixed) : '',
    moved && filled ? below(moved, PAIR_COLOURS.moved) : '',
    fixed ? path(fixed, { stroke: PAIR_COLOURS.fixed, 'stroke-width': 1.3 }) : '',
    moved ? path(moved, { stroke: PAIR_COLOURS.moved, 'stroke-width': 1.3, 'stroke-dasharray': MOVED_DASHES }) : '',
  ].join('');
}
