import { OKABE_ITO } from '../../src/report/draw/theme.ts';
import type { Vec3 } from '../../src/volume/grid.ts';
import { onCanvas, type SliceView } from './slice.ts';

/** Landmarks in a pane, RAS mm: rings, and crosses that belong to them, each by its place in the list. */
export interface ShownPoints {
  readonly rings: readonly Vec3[];
  readonly crosses: readonly Vec3[];
}

/** Landmarks farther from a slice are not drawn on it; mm. */
const REACH = 2;

/** A ring for each fixed landmark near the slice, a cross for the other scan's, paler the farther away. */
export function drawPoints(target: CanvasRenderingContext2D, view: SliceView, { rings, crosses }: ShownPoints): void {
  const unit = devicePixelRatio;
  const reach = Math.max(REACH, ...view.frame.spacing);
  const count = Math.max(rings.length, crosses.length);
  for (let n = 0; n < count; n++) {
    const [ring, cross] = [rings[n], crosses[n]].map((point) => point && onCanvas(view, point));
    const leading = ring ?? cross;
    if (!leading || leading[2] > reach) continue;
    target.globalAlpha = 0.35 + 0.65 * (1 - leading[2] / reach);
    for (const [width, first, second] of [
      [3.5, '#000000', '#000000'],
      [1.75, OKABE_ITO.sky, '#ffffff'],
    ] as const) {
      target.lineWidth = width * unit;
      if (ring) {
        target.strokeStyle = first;
        target.beginPath();
        target.arc(ring[0], ring[1], 4 * unit, 0, 2 * Math.PI);
        target.stroke();
      }
      if (!cross) continue;
      const [x, y] = cross;
      const arm = 3 * unit;
      target.strokeStyle = second;
      target.beginPath();
      target.moveTo(x - arm, y - arm);
      target.lineTo(x + arm, y + arm);
      target.moveTo(x - arm, y + arm);
      target.lineTo(x + arm, y - arm);
      if (ring) {
        target.moveTo(ring[0], ring[1]);
        target.lineTo(x, y);
      }
      target.stroke();
    }
  }
  target.globalAlpha = 1;
}
