import { colourAt, LABEL_COLOURS } from '../../src/report/draw/theme.ts';
import { middles, type Point, ringsOf } from '../../src/report/page/browser/rings.ts';
import type { Labels } from '../../src/volume/grid.ts';
import { pixelOf, rgbOf } from './colourMaps.ts';
import { AXES } from './frame.ts';
import { eachVoxel, paint, type SliceView } from './slice.ts';

/** Opacity of filled labels, of 255. */
const OPACITY = 105;

/** Labels with the colour of each. */
export interface ShownLabels {
  readonly labels: Labels;
  /** The labels that occur in the pair; their places say their colours. */
  readonly all: readonly number[];
}

/** The colour of a label among those that occur. */
export function colourOf(all: readonly number[], label: number): string {
  return colourAt(LABEL_COLOURS, Math.max(0, all.indexOf(label)));
}

/** Fills each label with its colour. */
export function fillLabels(target: CanvasRenderingContext2D, view: SliceView, { labels, all }: ShownLabels): void {
  const colours = new Map(all.map((label) => [label, pixelOf(rgbOf(colourOf(all, label)), OPACITY)]));
  paint(target, view, false, (pixels, index, at) => {
    pixels[at] = colours.get(labels.data[index]!) ?? 0;
  });
}

/**
 * Draws the outline of each label, a label a step, rounded as in reports, which strays at most a quarter of a voxel.
 */
export function* outlineLabels(
  target: CanvasRenderingContext2D,
  view: SliceView,
  { labels, all }: ShownLabels,
  dashes: number[],
): Generator<void, void, void> {
  const { frame, tile, left, top, across, down, place } = view;
  const [a, b, c] = AXES[tile.plane];
  const [columns, rows] = [frame.size[a], frame.size[b]];
  const slice = new Int32Array(columns * rows);
  /** First and last column and row of each label, so that a border is looked for only where it can be. */
  const boxes = new Map<number, [left: number, top: number, right: number, bottom: number]>();
  eachVoxel(frame, tile.plane, place[c], (index, at) => {
    const label = labels.data[index]!;
    slice[at] = label;
    if (label === 0) return;
    const [column, row] = [at % columns, Math.floor(at / columns)];
    const box = boxes.get(label);
    if (!box) boxes.set(label, [column, row, column, row]);
    else {
      box[0] = Math.min(box[0], column);
      box[2] = Math.max(box[2], column);
      box[3] = row;
    }
  });
  target.lineWidth = 1.5 * devicePixelRatio;
  target.setLineDash(dashes.map((length) => length * devicePixelRatio));
  yield;
  for (const [label, [first, upper, last, lower]] of boxes) {
    const [wide, high] = [last - first + 1, lower - upper + 1];
    const is = (column: number, row: number): boolean =>
      column >= 0 &&
      row >= 0 &&
      column < wide &&
      row < high &&
      slice[first + column + columns * (upper + row)] === label;
    target.strokeStyle = colourOf(all, label);
    target.beginPath();
    for (const ring of ringsOf(is, wide, high)) {
      const corners = middles(ring).map(([x, y]): Point => [left + (first + x) * across, top + (upper + y) * down]);
      const between = middles(corners);
      target.moveTo(...(between.at(-1) as Point));
      for (const [n, corner] of corners.entries()) target.quadraticCurveTo(...corner, ...(between[n] as Point));
      target.closePath();
    }
    target.stroke();
    yield;
  }
  target.setLineDash([]);
}
