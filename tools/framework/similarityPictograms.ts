import { element, group, line, polyline, rectangle, text } from '../../src/report/draw/svg.ts';
import { HAIRLINE, INK, MUTED, TEXT } from '../../src/report/draw/theme.ts';
import { PAIR_COLOURS } from '../../src/report/loss/projectionPlots.ts';
import type { Frame } from '../../src/report/slice/panel.ts';
import { arrow } from './arrow.ts';
import { type Bean, beanOutline, beanPath } from './volumeStack.ts';

type Point = readonly [x: number, y: number];

/** A similarity in a word, a line and a picture. */
export interface SimilarityPictogram {
  readonly name: string;
  readonly idea: string;
  /** Fills {@link PICTOGRAM} from the given left upper corner. */
  draw(x: number, y: number): string;
}

/** Size of a pictogram in user units. */
export const PICTOGRAM = { width: 146, height: 58 } as const;

const { fixed: FIXED, moved: MOVED, between: BETWEEN } = PAIR_COLOURS;
const SHEET = 44;
const CAPTION = { 'text-anchor': 'middle', 'font-size': TEXT.small } as const;
const CAPTION_AT = SHEET + TEXT.small + 3;
/** An organ before its registration has come to an end. */
const ORGAN = {
  moved: { at: [0.38, 0.6], length: 0.27, breadth: 0.14, bend: 0.5, turn: 0.5 },
  fixed: { at: [0.6, 0.42], length: 0.3, breadth: 0.17, bend: -0.4, turn: -0.2 },
} as const satisfies Record<string, Bean>;

/** The paper's four similarities. */
export const SIMILARITIES: readonly SimilarityPictogram[] = [
  { name: 'MSE', idea: 'compared voxel by voxel: the mean of the squared differences', draw: drawMse },
  { name: 'SWD', idea: 'the volume as points, sorted along random directions', draw: drawSwd },
  { name: 'Radon', idea: 'the volume as a mass, projected on random directions', draw: drawRadon },
  { name: 'PSWD', idea: 'patches 11³ at stride 5, each projected, then averaged', draw: drawPswd },
];

/** Two grids of voxels and the squares of their differences. */
function drawMse(x: number, top: number): string {
  const cells = 6;
  const size = 39;
  const y = top + SHEET - size;
  const value = (shiftX: number, shiftY: number) => (column: number, row: number) =>
    Math.exp(-((column - 2.5 - shiftX) ** 2 + (row - 2.5 - shiftY) ** 2) / 3.2);
  const [moved, fixed] = [value(-0.7, 0.6), value(0.5, -0.4)];
  const grid = (left: number, colour: string, of: (column: number, row: number) => number): string => {
    const edge = size / cells;
    const squares = Array.from({ length: cells * cells }, (_, index) => {
      const [column, row] = [index % cells, Math.floor(index / cells)];
      return rectangle(left + column * edge, y + row * edge, edge, edge, { 'fill-opacity': of(column, row) });
    });
    return group({ fill: colour, stroke: HAIRLINE, 'stroke-width': 0.5 }, ...squares);
  };
  const [second, third] = [x + (PICTOGRAM.width - size) / 2, x + PICTOGRAM.width - size];
  const sign = { 'text-anchor': 'middle', 'font-size': TEXT.title } as const;
  return group(
    {},
    grid(x, MOVED, moved),
    text((x + size + second) / 2, y + size / 2 + 3.5, '−', sign),
    grid(second, FIXED, fixed),
    arrow(
      [
        [second + size + 1.5, y + size / 2],
        [third - 1.5, y + size / 2],
      ],
      { head: [3.4, 1.7], width: 0.8 },
    ),
    grid(third, INK, (column, row) => 1.8 * (moved(column, row) - fixed(column, row)) ** 2),
    text(x + size / 2, top + CAPTION_AT, 'D', CAPTION),
    text(second + size / 2, top + CAPTION_AT, 'F', CAPTION),
    text(third + size / 2, top + CAPTION_AT, '(D − F)²', CAPTION),
  );
}

/** Two clouds of points projected on a line, and the pairs that sorting makes. */
function drawSwd(x: number, y: number): string {
  const along: Point = [0.9, -0.44];
  const middle: Point = [x + 27, y + 23];
  const clouds = [
    { colour: MOVED, dots: cloud(-5, 6, 0.4), row: y + 8 },
    { colour: FIXED, dots: cloud(5, -4, 2.2), row: y + 36 },
  ].map(({ dots, ...rest }) => {
    const sorted = dots.map(([a, b]) => a * along[0] + b * along[1]).sort((a, b) => a - b);
    return { ...rest, dots: dots.map(([a, b]): Point => [middle[0] + a, middle[1] + b]), sorted };
  });
  const [start, end] = [x + 72, x + PICTOGRAM.width];
  const at = (value: number): number => (start + end) / 2 + value * 1.35;
  const foot = ([px, py]: Point): Point => {
    const share = (px - middle[0]) * along[0] + (py - middle[1]) * along[1];
    return [middle[0] + share * along[0], middle[1] + share * along[1]];
  };
  const dot = ([cx, cy]: Point, fill: string): string => element('circle', { cx, cy, r: 1.7, fill });
  const [moved, fixed] = clouds as [(typeof clouds)[0], (typeof clouds)[0]];
  return group(
    {},
    ...clouds.flatMap(({ dots, colour }) =>
      dots.map((point) =>
        line(...point, ...foot(point), { stroke: colour, 'stroke-opacity': 0.45, 'stroke-width': 0.6 }),
      ),
    ),
    arrow([
      [middle[0] - 29 * along[0], middle[1] - 29 * along[1]],
      [middle[0] + 31 * along[0], middle[1] + 31 * along[1]],
    ]),
    text(middle[0] + 31 * along[0] + 3, middle[1] + 31 * along[1] + 1, 'θ', { 'font-size': TEXT.small }),
    ...clouds.flatMap(({ dots, colour }) => dots.map((point) => dot(point, colour))),
    ...clouds.map(({ row }) => line(start, row, end, row, { stroke: MUTED, 'stroke-width': 0.6 })),
    ...moved.sorted.map((value, index) =>
      line(at(value), moved.row, at(fixed.sorted[index]!), fixed.row, { stroke: INK, 'stroke-width': 0.6 }),
    ),
    ...clouds.flatMap(({ sorted, row, colour }) => sorted.map((value) => dot([at(value), row], colour))),
    text(middle[0], y + CAPTION_AT, 'points on θ', CAPTION),
    text((start + end) / 2, y + CAPTION_AT, 'sorted, paired', CAPTION),
  );
}

/** Points around a centre, the same ones on every run. */
function cloud(centreX: number, centreY: number, phase: number): Point[] {
  return Array.from({ length: 8 }, (_, index) => {
    const angle = phase + index * 2.4;
    const radius = 4 + 5 * Math.sqrt(index);
    return [centreX + radius * Math.cos(angle), centreY + radius * Math.sin(angle) * 0.75];
  });
}

/** Two masses, their profiles along two directions, and the area between the distribution functions of one. */
function drawRadon(x: number, y: number): string {
  const edge = SHEET - 13;
  const sheet = { x, y, width: edge, height: edge };
  const plot = { x: x + 72, y, width: PICTOGRAM.width - 74, height: SHEET };
  const profiles = [
    { bean: ORGAN.moved, colour: MOVED },
    { bean: ORGAN.fixed, colour: FIXED },
  ].flatMap(({ bean, colour }) =>
    ([0, 1] as const).map((axis) => {
      const points = massProfile(bean, axis).map((mass, bin, { length }): Point => {
        const along = ((bin + 0.5) / length) * edge;
        const out = edge + 2 + 26 * mass;
        return axis === 0 ? [x + along, y + out] : [x + out, y + along];
      });
      return element('path', { d: polyline(points), fill: 'none', stroke: colour, 'stroke-width': 0.9 });
    }),
  );
  return group(
    {},
    twoBeans(sheet),
    ...profiles,
    text(x + SHEET / 2, y + CAPTION_AT, 'projections', CAPTION),
    between(plot, massProfile(ORGAN.moved, 0), massProfile(ORGAN.fixed, 0)),
    text(plot.x + plot.width / 2, y + CAPTION_AT, 'mass moved: W₁', CAPTION),
  );
}

/** Overlapping patches in both volumes (a dot in the middle of each), and the distance of one pair of them. */
function drawPswd(x: number, y: number): string {
  const voxel = SHEET / 48;
  const patch = (left: number, column: number, row: number): Frame => ({
    x: left + 5 * column * voxel,
    y: y + 5 * row * voxel,
    width: 11 * voxel,
    height: 11 * voxel,
  });
  const sheets = [
    { left: x, bean: ORGAN.moved, colour: MOVED },
    { left: x + SHEET + 6, bean: ORGAN.fixed, colour: FIXED },
  ].map(({ left, bean, colour }) => {
    const frame = { x: left, y, width: SHEET, height: SHEET };
    const middles = Array.from({ length: 64 }, (_, index) => patch(left, index % 8, Math.floor(index / 8)));
    const outline = { fill: 'none', stroke: INK } as const;
    return group(
      {},
      element('path', { d: beanPath(bean, frame), fill: colour, 'fill-opacity': 0.35 }),
      ...middles.map((at) =>
        element('circle', { cx: at.x + at.width / 2, cy: at.y + at.height / 2, r: 0.55, fill: MUTED }),
      ),
      rectangle(frame.x, frame.y, frame.width, frame.height, { fill: 'none', stroke: colour, 'stroke-width': 0.8 }),
      ...[patch(left, 3, 3), patch(left, 4, 3)].map((at, next) =>
        rectangle(at.x, at.y, at.width, at.height, {
          ...outline,
          'stroke-width': next === 0 ? 1.3 : 0.8,
          'stroke-dasharray': next === 0 ? undefined : '1.6 1.2',
        }),
      ),
    );
  });
  const plot = { x: x + PICTOGRAM.width - 34, y: y + 4, width: 32, height: SHEET - 8 };
  const chosen = patch(x + SHEET + 6, 3, 3);
  return group(
    {},
    ...sheets,
    ...[0, 1].map((end) =>
      line(chosen.x + chosen.width, chosen.y + end * chosen.height, plot.x - 1, plot.y + end * plot.height, {
        stroke: MUTED,
        'stroke-width': 0.6,
      }),
    ),
    between(plot, massProfile(ORGAN.moved, 1), massProfile(ORGAN.fixed, 1)),
    text(x + SHEET / 2, y + CAPTION_AT, 'D', CAPTION),
    text(x + SHEET * 1.5 + 6, y + CAPTION_AT, 'F', CAPTION),
    text(plot.x + plot.width / 2, y + CAPTION_AT, 'mean of W₁', CAPTION),
  );
}

function twoBeans(frame: Frame): string {
  return group(
    { 'fill-opacity': 0.3, 'stroke-width': 0.8 },
    element('path', { d: beanPath(ORGAN.moved, frame), fill: MOVED, stroke: MOVED }),
    element('path', { d: beanPath(ORGAN.fixed, frame), fill: FIXED, stroke: FIXED }),
    rectangle(frame.x, frame.y, frame.width, frame.height, { fill: 'none', stroke: MUTED, 'stroke-width': 0.6 }),
  );
}

/** How much of a bean lies over each of 24 bins along an axis, with 1 for the whole height of the unit square. */
function massProfile(bean: Bean, axis: 0 | 1): number[] {
  const outline = beanOutline(bean, 80);
  const other = axis === 0 ? 1 : 0;
  return Array.from({ length: 24 }, (_, bin) => {
    const at = (bin + 0.5) / 24;
    const crossings = outline
      .flatMap((point, index) => {
        const next = outline[(index + 1) % outline.length]!;
        const share = (at - point[axis]) / (next[axis] - point[axis]);
        return share >= 0 && share < 1 ? [point[other] + share * (next[other] - point[other])] : [];
      })
      .sort((a, b) => a - b);
    return crossings.reduce((sum, crossing, index) => sum + (index % 2 === 0 ? -crossing : crossing), 0);
  });
}

/** The distribution functions of two profiles, with the area between them filled. */
function between(frame: Frame, moved: readonly number[], fixed: readonly number[]): string {
  const [upper, lower] = [moved, fixed].map((profile): Point[] => {
    const total = profile.reduce((a, b) => a + b, 0);
    let sum = 0;
    return profile.map((mass, bin) => {
      sum += mass;
      const x = frame.x + ((bin + 1) / profile.length) * frame.width;
      return [x, frame.y + frame.height * (1 - (0.95 * sum) / total)];
    });
  }) as [Point[], Point[]];
  return group(
    { fill: 'none', 'stroke-width': 1.1 },
    element('path', { d: polyline([...upper, ...lower.toReversed()], true), fill: BETWEEN, stroke: 'none' }),
    element('path', { d: polyline(lower), stroke: FIXED }),
    element('path', { d: polyline(upper), stroke: MOVED }),
    element('path', {
      d: polyline([
        [frame.x, frame.y],
        [frame.x, frame.y + frame.height],
        [frame.x + frame.width, frame.y + frame.height],
      ]),
      stroke: MUTED,
      'stroke-width': 0.6,
    }),
  );
}
