import type { Niivue } from '@niivue/niivue';
import type { Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../src/volume/matrix.ts';
import { clampTo, sampleVector } from '../../src/volume/warp.ts';

/** Lines along each side of a picture, about. */
const LINES = 24;
/** Points of a line between two crossings. */
const FINE = 4;
const COLOUR = 'rgba(240, 228, 66, 0.85)';

/** World axes across and up a picture, by the viewer's number of its plane. */
const AXES: readonly (readonly [0 | 1 | 2, 0 | 1 | 2])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
];

/** Where a point of the fixed scan comes from beyond the start, RAS mm; nothing outside. */
type Displaced = (point: Vec3) => Vec3 | undefined;

/** What a warp does beyond the start, at any point. */
export function displacementOf(warp: Warp, start: Warp): Displaced {
  const toVoxel = invert(warp.affine);
  const difference = warp.data.map((value, n) => value - start.data[n]!);
  const at: [number, number, number] = [0, 0, 0];
  return (point) => {
    const voxel = applyToPoint(toVoxel, point);
    if (voxel.some((value, axis) => value < -0.5 || value > warp.size[axis]! - 0.5)) return undefined;
    sampleVector(difference, warp.size, clampTo(warp.size, voxel), at);
    // LPS to RAS.
    return [point[0] - at[0], point[1] - at[1], point[2] + at[2]];
  };
}

/** Draws a grid of even lines, as the displacement bends it, over every plane that a viewer shows. */
export function drawGrid(viewer: Niivue, canvas: HTMLCanvasElement, displaced: Displaced): void {
  const source = viewer.canvas;
  const context = canvas.getContext('2d');
  if (!source || !context) return;
  canvas.width = source.width;
  canvas.height = source.height;
  context.strokeStyle = COLOUR;
  context.lineWidth = Math.max(1, devicePixelRatio * 0.9);
  const [x, y, z] = viewer.frac2mm(viewer.scene.crosshairPos) as unknown as [number, number, number];
  for (const { axCorSag, leftTopWidthHeight, leftTopMM, fovMM } of viewer.screenSlices) {
    const axes = AXES[axCorSag];
    if (!axes) continue;
    const [left, top, width, height] = leftTopWidthHeight as [number, number, number, number];
    const [across, up] = axes;
    const screen = (point: Vec3): readonly [number, number] => [
      left + ((point[across] - leftTopMM[0]!) / fovMM[0]!) * width,
      top + height - ((point[up] - leftTopMM[1]!) / fovMM[1]!) * height,
    ];
    const spacing = Math.abs(fovMM[0]!) > Math.abs(fovMM[1]!) ? fovMM[0]! / LINES : fovMM[1]! / LINES;
    const step = Math.abs(spacing);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.beginPath();
    for (const [along, beside, from, other] of [
      [across, up, 0, 1],
      [up, across, 1, 0],
    ] as const) {
      const [low, high] = ends(leftTopMM[from]!, fovMM[from]!);
      const [first, last] = ends(leftTopMM[other]!, fovMM[other]!);
      for (let line = first + step / 2; line <= last; line += step) {
        let isFirst = true;
        for (let at = low; at <= high + step / FINE; at += step / FINE) {
          const point: [number, number, number] = [x, y, z];
          point[along] = at;
          point[beside] = line;
          const to = displaced(point);
          if (to) {
            const [px, py] = screen(to);
            if (isFirst) context.moveTo(px, py);
            else context.lineTo(px, py);
          }
          isFirst = to === undefined;
        }
      }
    }
    context.stroke();
    context.restore();
  }
}

function ends(from: number, length: number): readonly [number, number] {
  return length < 0 ? [from + length, from] : [from, from + length];
}
