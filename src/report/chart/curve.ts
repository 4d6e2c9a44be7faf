import { element, polyline } from '../draw/svg.ts';
import type { Scale } from './chart.ts';

/** One curve. Points that are not finite leave a gap. */
export interface LineSeries {
  /** In the legend; an empty name has no entry there, as for further curves of one method. */
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Default: the next of the palette. */
  readonly colour?: string;
  readonly dashed?: boolean;
  /** One of several like it, drawn thin and pale. */
  readonly thin?: boolean;
  /** Points to mark: with a dot where they are filled, else with a ring. */
  readonly circles?: readonly { readonly at: readonly [x: number, y: number]; readonly filled?: boolean }[];
}

/** A curve that has its colour. */
export interface Curve extends LineSeries {
  readonly colour: string;
}

type Point = readonly [number, number];

/** Whether a point can be drawn. */
export function usablePoint(logarithmic: boolean): (point: Point) => boolean {
  return ([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!logarithmic || y > 0);
}

/** A curve as a path, with a gap where points are missing. */
export function drawCurve(curve: Curve, x: Scale, y: Scale, usable: (point: Point) => boolean): string {
  return element('path', {
    d: runs(curve.points, usable)
      .map((run) => polyline(run.map(([px, py]) => [x(px), y(py)])))
      .join(''),
    fill: 'none',
    stroke: curve.colour,
    'stroke-opacity': curve.thin ? 0.5 : undefined,
    'stroke-width': curve.thin ? 0.9 : 1.6,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
    'stroke-dasharray': curve.dashed ? '4 3' : undefined,
  });
}

/** The marked points of a curve. */
export function drawCircles(curve: Curve, x: Scale, y: Scale): string {
  return (curve.circles ?? [])
    .filter(({ at }) => at.every(Number.isFinite))
    .map(({ at: [cx, cy], filled }) =>
      element('circle', {
        cx: x(cx),
        cy: y(cy),
        // A ring stays visible around a dot in the same place.
        r: filled ? 2.4 : 4.2,
        fill: filled ? curve.colour : 'none',
        stroke: curve.colour,
        'stroke-width': 1.2,
      }),
    )
    .join('');
}

/** The stretches of usable points; a single point becomes a short dash, which round line ends show as a dot. */
function runs(points: LineSeries['points'], usable: (point: Point) => boolean): Point[][] {
  const out: Point[][] = [];
  let open = false;
  for (const point of points) {
    if (!usable(point)) {
      open = false;
    } else if (open) {
      out.at(-1)?.push(point);
    } else {
      out.push([point]);
      open = true;
    }
  }
  return out.map((run) => (run.length === 1 ? [run[0]!, run[0]!] : run));
}
