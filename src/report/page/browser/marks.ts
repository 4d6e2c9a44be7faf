import { OKABE_ITO } from '../../draw/theme.ts';
import type { Other, Place, ViewerData } from '../viewerData.ts';
import { type Plane, voxelOf } from './picture.ts';
import { middles, type Point, ringsOf } from './rings.ts';

/** A slice on its canvas. */
interface View {
  readonly data: ViewerData;
  readonly axes: Plane;
  readonly position: ViewerData['start'];
  /** Pixels of a voxel across and down. */
  readonly perVoxel: Point;
}

type Stroke = readonly [x1: number, y1: number, x2: number, y2: number];

/** The outline of each label, rounded as in the figure, which strays at most a quarter of a voxel. */
export function drawOutlines(
  target: CanvasRenderingContext2D,
  { data, axes, position, perVoxel: [sx, sy] }: View,
  labels: Uint8Array | undefined,
  dashes: number[] = [],
): void {
  if (!labels) return;
  const [columns, rows] = [data.size[axes[0]], data.size[axes[1]]];
  const at = voxelOf(data.size, axes, position[axes[2]]);
  const label = (column: number, row: number): number | undefined =>
    column < 0 || row < 0 || column >= columns || row >= rows ? 0 : labels[at(column, row)];
  target.lineWidth = 2;
  target.setLineDash(dashes);
  for (const [index, colour] of data.colours.entries()) {
    target.strokeStyle = colour;
    target.beginPath();
    for (const ring of ringsOf((column, row) => label(column, row) === index + 1, columns, rows)) {
      // From each middle between two corners to the next by a curve around the corner.
      const corners = middles(ring).map(([x, y]): Point => [x * sx, y * sy]);
      const between = middles(corners);
      target.moveTo(...(between.at(-1) as Point));
      for (const [n, corner] of corners.entries()) target.quadraticCurveTo(...corner, ...(between[n] as Point));
      target.closePath();
    }
    target.stroke();
  }
  target.setLineDash([]);
}

/** A ring for each fixed landmark near the slice and a cross for the other image's, paler the farther away. */
export function drawLandmarks(target: CanvasRenderingContext2D, view: View, against: Other): void {
  const { data, axes, position, perVoxel } = view;
  const reach = data.reach / data.spacing[axes[2]];
  data.landmarks?.fixed.forEach((fixed, index) => {
    const near = fixed ? 1 - Math.abs(fixed[axes[2]] - position[axes[2]]) / reach : 0;
    if (!fixed || near <= 0) return;
    const place = (point: NonNullable<Place>): Point => [
      (point[axes[0]] + 0.5) * perVoxel[0],
      (point[axes[1]] + 0.5) * perVoxel[1],
    ];
    const [x, y] = place(fixed);
    const other = data.landmarks?.[against][index];
    const [u, v] = other ? place(other) : [x, y];
    target.globalAlpha = 0.3 + 0.7 * near;
    for (const [width, ring, cross] of [[5, '#000000', '#000000'] as const, [2.5, OKABE_ITO.sky, '#ffffff'] as const]) {
      target.lineWidth = width;
      target.strokeStyle = ring;
      target.beginPath();
      target.arc(x, y, 8, 0, 2 * Math.PI);
      target.stroke();
      if (!other) continue;
      target.strokeStyle = cross;
      drawStrokes(target, [
        [u - 6, v - 6, u + 6, v + 6],
        [u - 6, v + 6, u + 6, v - 6],
        [x, y, u, v],
      ]);
    }
    target.globalAlpha = 1;
  });
}

/** Where the other two planes cut this one, with a gap around the point itself. */
export function drawCrosshair(target: CanvasRenderingContext2D, { axes, position, perVoxel }: View): void {
  const [x, y] = [(position[axes[0]] + 0.5) * perVoxel[0], (position[axes[1]] + 0.5) * perVoxel[1]];
  const { width, height } = target.canvas;
  target.strokeStyle = 'rgba(240, 228, 66, 0.55)';
  target.lineWidth = 1;
  drawStrokes(target, [
    [x, 0, x, y - 14],
    [x, y + 14, x, height],
    [0, y, x - 14, y],
    [x + 14, y, width, y],
  ]);
}

function drawStrokes(target: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  target.beginPath();
  for (const [x1, y1, x2, y2] of strokes) {
    target.moveTo(x1, y1);
    target.lineTo(x2, y2);
  }
  target.stroke();
}
