import { element, group, polyline, rectangle } from '../../src/report/draw/svg.ts';
import type { Frame } from '../../src/report/slice/panel.ts';

type Point = readonly [x: number, y: number];

/**
 * A bent ellipse in the unit square: its middle, half its length and breadth, its bend, and how far it is turned
 * (radians).
 */
export interface Bean {
  /** Default: the middle of the square. */
  readonly at?: Point;
  readonly length: number;
  readonly breadth: number;
  readonly bend: number;
  readonly turn: number;
}

/** The shapes that stand for an organ in the moving and in the fixed volume. */
export const BEANS = {
  moving: { length: 0.38, breadth: 0.13, bend: 1.15, turn: 0.75 },
  fixed: { length: 0.36, breadth: 0.19, bend: -0.55, turn: -0.25 },
} as const satisfies Record<string, Bean>;

const SHEETS = 4;
/** From one sheet to the next behind it, to the right and up. */
const STEP = 4;

/** The outline of a bean in the unit square. */
export function beanOutline({ at = [0.5, 0.5], length, breadth, bend, turn }: Bean, points = 40): Point[] {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return Array.from({ length: points }, (_, index) => {
    const angle = (2 * Math.PI * index) / points;
    const along = length * Math.cos(angle);
    const across = breadth * Math.sin(angle) + bend * (along * along - (length * length) / 2);
    return [at[0] + along * cos - across * sin, at[1] + along * sin + across * cos];
  });
}

/** A bean in a frame. */
export function beanPath(bean: Bean, { x, y, width, height }: Frame): string {
  return polyline(
    beanOutline(bean).map(([u, v]) => [x + u * width, y + v * height]),
    true,
  );
}

/** Where the front sheet of a stack goes that fills a frame, for sheets of the given aspect (width over height). */
export function frontSheet(frame: Frame, aspect = 1): Frame {
  const depth = (SHEETS - 1) * STEP;
  const width = Math.min(frame.width - depth, (frame.height - depth) * aspect);
  const height = width / aspect;
  return {
    x: frame.x + (frame.width - width - depth) / 2,
    y: frame.y + (frame.height - height - depth) / 2 + depth,
    width,
    height,
  };
}

/** All that a stack with this front sheet covers. */
export function stackBounds(front: Frame): Frame {
  const depth = (SHEETS - 1) * STEP;
  return { x: front.x, y: front.y - depth, width: front.width + depth, height: front.height + depth };
}

/**
 * A volume as a stack of its slices.
 * @param front where the front slice goes, from {@link frontSheet}
 * @param slice draws the slice that is so many sheets behind the front one
 */
export function volumeStack(front: Frame, colour: string, slice: (frame: Frame, behind: number) => string): string {
  const sheets = Array.from({ length: SHEETS }, (_, k) => {
    const behind = SHEETS - 1 - k;
    const frame = { ...front, x: front.x + behind * STEP, y: front.y - behind * STEP };
    return (
      rectangle(frame.x, frame.y, frame.width, frame.height, { fill: '#ffffff' }) +
      slice(frame, behind) +
      rectangle(frame.x, frame.y, frame.width, frame.height, {
        fill: 'none',
        stroke: colour,
        'stroke-width': behind === 0 ? 1.2 : 0.8,
      })
    );
  });
  return group({}, ...sheets);
}

/** A slice through a stylised volume: the bean, smaller further behind. */
export function stylisedSlice(bean: Bean, colour: string): (frame: Frame, behind: number) => string {
  return (frame, behind) => {
    const size = 1 - 0.12 * behind;
    const smaller = { ...bean, length: bean.length * size, breadth: bean.breadth * size };
    return element('path', {
      d: beanPath(smaller, frame),
      fill: colour,
      'fill-opacity': 0.3,
      stroke: colour,
      'stroke-width': 0.9,
    });
  };
}
