import type { Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../src/volume/matrix.ts';
import { clampTo, sampleVector } from '../../src/volume/warp.ts';
import { AXES } from './frame.ts';
import { onCanvas, type SliceView } from './slice.ts';

/** Lines along the longer side of a picture. */
const LINES = 24;
/** Points of a line between two crossings. */
const FINE = 4;
const COLOUR = 'rgba(240, 228, 66, 0.85)';

/** Where a point of the fixed scan comes from beyond the start, RAS mm. */
export type Displaced = (point: Vec3) => Vec3;

/** What a displacement does at any point. */
export function displacedBy(field: Warp): Displaced {
  const toVoxel = invert(field.affine);
  const at: [number, number, number] = [0, 0, 0];
  return (point) => {
    sampleVector(field.data, field.size, clampTo(field.size, applyToPoint(toVoxel, point)), at);
    // LPS to RAS.
    return [point[0] - at[0], point[1] - at[1], point[2] + at[2]];
  };
}

/** Draws a grid of even lines, as the displacement bends it. */
export function drawGrid(target: CanvasRenderingContext2D, view: SliceView, displaced: Displaced): void {
  const { frame, tile, place } = view;
  const [a, b] = AXES[tile.plane];
  target.strokeStyle = COLOUR;
  target.lineWidth = Math.max(1, devicePixelRatio * 0.9);
  const spacing = Math.max(frame.size[a] * frame.spacing[a], frame.size[b] * frame.spacing[b]) / LINES;
  target.beginPath();
  for (const [along, beside] of [
    [a, b],
    [b, a],
  ] as const) {
    const [step, apart] = [spacing / FINE / frame.spacing[along], spacing / frame.spacing[beside]];
    const last = frame.size[along] - 1;
    for (let line = apart / 2; line <= frame.size[beside] - 1; line += apart) {
      for (let at = 0, isFirst = true; at < last + step; at += step, isFirst = false) {
        const on: [number, number, number] = [...place];
        on[along] = Math.min(at, last);
        on[beside] = line;
        const [x, y] = onCanvas(view, displaced(frame.point(on)));
        if (isFirst) target.moveTo(x, y);
        else target.lineTo(x, y);
      }
    }
  }
  target.stroke();
}
