import type { AXES, Frame } from './frame.ts';

/** Planes that are pictures of slices. */
export type SlicePlane = keyof typeof AXES;

/** Where a plane is on a canvas, in its pixels. */
export interface Tile {
  readonly plane: SlicePlane;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels between planes. */
const GAP = 6;

/** Puts planes onto a canvas, as large as they can be. */
export function tilesOf(
  shown: SlicePlane | 'all',
  frame: Frame,
  canvas: { readonly width: number; readonly height: number },
): Tile[] {
  const [x, y, z] = frame.size.map((voxels, axis) => voxels * frame.spacing[axis]!) as [number, number, number];
  const extent = { axial: [x, y], coronal: [x, z], sagittal: [y, z] } as const;
  /** Columns, rows, and where each plane begins among them. */
  const layouts: readonly (readonly SlicePlane[])[][] =
    shown === 'all'
      ? [
          [['axial', 'coronal', 'sagittal']],
          [['axial'], ['coronal'], ['sagittal']],
          [['coronal', 'sagittal'], ['axial']],
        ]
      : [[[shown]]];
  const fitted = layouts.map((rows) => {
    const widths = rows.map((row) => row.reduce((sum, plane) => sum + extent[plane][0], 0));
    const heights = rows.map((row) => Math.max(...row.map((plane) => extent[plane][1])));
    const columns = Math.max(...rows.map((row) => row.length));
    const scale = Math.min(
      (canvas.width - GAP * (columns - 1)) / Math.max(...widths),
      (canvas.height - GAP * (rows.length - 1)) / heights.reduce((a, b) => a + b),
    );
    return { rows, heights, widths, scale };
  });
  const { rows, heights, widths, scale } = fitted.reduce((best, each) => (each.scale > best.scale ? each : best));
  if (!(scale > 0)) return [];
  const wide = Math.max(...widths) * scale + GAP * (Math.max(...rows.map((row) => row.length)) - 1);
  const high = heights.reduce((a, b) => a + b) * scale + GAP * (rows.length - 1);
  let top = (canvas.height - high) / 2;
  return rows.flatMap((row, n) => {
    let left = (canvas.width - wide) / 2;
    const tiles = row.map((plane) => {
      const [width, height] = [extent[plane][0] * scale, extent[plane][1] * scale];
      const tile = { plane, left, top, width, height };
      left += width + GAP;
      return tile;
    });
    top += heights[n]! * scale + GAP;
    return tiles;
  });
}
