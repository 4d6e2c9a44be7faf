import { contours } from 'd3-contour';
import { short } from '../draw/svg.ts';
import type { SliceView } from './slices.ts';

type Point = readonly [number, number];

/**
 * The outlines of one label on a slice, as the data of an SVG path in display millimetres (see {@link SliceView}).
 * Marching squares at one half (d3-contour) puts the corners on the voxels' edges. A quadratic B-spline through the
 * middles of the segments rounds them. It deviates by at most a quarter of a voxel. Straight edges stay exactly in
 * place.
 */
export function labelContour(view: SliceView, labels: ArrayLike<number>, label: number): string {
  // One empty voxel all around closes outlines that touch the border.
  const columns = view.columns + 2;
  const rows = view.rows + 2;
  const mask = new Array<number>(columns * rows).fill(0);
  let found = false;
  for (let row = 0; row < view.rows; row++) {
    for (let column = 0; column < view.columns; column++) {
      if (labels[column + view.columns * row] !== label) continue;
      mask[column + 1 + columns * (row + 1)] = 1;
      found = true;
    }
  }
  if (!found) return '';
  const outline = contours().size([columns, rows]).smooth(true).contour(mask, 0.5);
  const toDisplay = (point: readonly number[]): Point => [
    (point[0]! - 1) * view.pixelWidth,
    (point[1]! - 1) * view.pixelHeight,
  ];
  // GeoJSON repeats a ring's first point at its end.
  return outline.coordinates
    .flat()
    .map((ring) => spline(withoutCollinear(ring.slice(0, -1).map(toDisplay))))
    .join('');
}

/** Drops points in the middle of straight stretches, but keeps each stretch's two ends, so that it stays straight. */
function withoutCollinear(ring: readonly Point[]): Point[] {
  const at = (index: number): Point => ring[(index + ring.length) % ring.length] as Point;
  const turns = ring.map((point, index) => {
    const before = at(index - 1);
    const after = at(index + 1);
    const cross = (point[0] - before[0]) * (after[1] - point[1]) - (point[1] - before[1]) * (after[0] - point[0]);
    return Math.abs(cross) > 1e-9;
  });
  const turnsAt = (index: number): boolean => turns[(index + ring.length) % ring.length] as boolean;
  return ring.filter((_, index) => turnsAt(index - 1) || turnsAt(index) || turnsAt(index + 1));
}

/** A closed quadratic B-spline with the ring's points as control points. */
function spline(ring: readonly Point[]): string {
  const write = (point: Point): string => `${short(point[0])} ${short(point[1])}`;
  const middle = (index: number): Point => {
    const a = ring[index % ring.length] as Point;
    const b = ring[(index + 1) % ring.length] as Point;
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  };
  const curves = ring.map((_, index) => {
    const control = ring[(index + 1) % ring.length] as Point;
    return `Q${write(control)} ${write(middle(index + 1))}`;
  });
  return `M${write(middle(0))}${curves.join('')}Z`;
}
