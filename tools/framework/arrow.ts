import { arrowHead, HEAD, type Head } from '../../src/report/draw/arrow.ts';
import { element, group, polyline } from '../../src/report/draw/svg.ts';
import { INK } from '../../src/report/draw/theme.ts';

type Point = readonly [x: number, y: number];

/** How an arrow looks, in user units. */
export interface ArrowStyle {
  readonly colour?: string;
  readonly width?: number;
  readonly dashed?: boolean;
  readonly head?: Head;
}

/** An arrow along straight stretches, with its head at the last of at least two points. */
export function arrow(points: readonly Point[], style: ArrowStyle = {}): string {
  const { colour = INK, width = 1, head = HEAD } = style;
  const tip = points.at(-1)!;
  const before = points.at(-2)!;
  const length = Math.hypot(tip[0] - before[0], tip[1] - before[1]) || 1;
  const along: Point = [(tip[0] - before[0]) / length, (tip[1] - before[1]) / length];
  const end: Point = [tip[0] - head[0] * along[0], tip[1] - head[0] * along[1]];
  return group(
    {},
    element('path', {
      d: polyline([...points.slice(0, -1), end]),
      fill: 'none',
      stroke: colour,
      'stroke-width': width,
      'stroke-linejoin': 'round',
      'stroke-dasharray': style.dashed ? '3 2' : undefined,
    }),
    arrowHead(tip, along, colour, head),
  );
}
