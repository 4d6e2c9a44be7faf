import type { Vec3, Volume } from '../../src/volume/grid.ts';
import type { ColourTable } from './colourMaps.ts';
import { AXES, type Frame } from './frame.ts';
import type { SlicePlane, Tile } from './tiles.ts';

/** One plane of a grid on a canvas. */
export interface SliceView {
  readonly frame: Frame;
  readonly tile: Tile;
  /** The crosshair, in display voxels. */
  readonly place: Vec3;
  /** Where the first voxel's corner is, and the pixels of a voxel. */
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

/** A plane as it is seen where the middle is magnified around the crosshair. */
export function viewOf(frame: Frame, tile: Tile, place: Vec3, zoom: number): SliceView {
  const [a, b] = AXES[tile.plane];
  const [width, height] = [tile.width * zoom, tile.height * zoom];
  const [across, down] = [width / frame.size[a], height / frame.size[b]];
  const begin = (from: number, length: number, whole: number, at: number): number =>
    Math.min(from, Math.max(from + length - whole, from + length / 2 - at));
  return {
    frame,
    tile,
    place,
    left: begin(tile.left, tile.width, width, (place[a] + 0.5) * across),
    top: begin(tile.top, tile.height, height, (place[b] + 0.5) * down),
    across,
    down,
  };
}

/** Where a point is on the canvas, and how far from the slice, mm. */
export function onCanvas(view: SliceView, point: Vec3): readonly [x: number, y: number, away: number] {
  const { frame, tile, left, top, across, down, place } = view;
  const [a, b, c] = AXES[tile.plane];
  const at = frame.place(point);
  return [left + (at[a] + 0.5) * across, top + (at[b] + 0.5) * down, Math.abs(at[c] - place[c]) * frame.spacing[c]];
}

/** The place in the display under a pixel, in the slice of the crosshair. */
export function placeAt(view: SliceView, x: number, y: number): Vec3 {
  const { frame, tile, left, top, across, down, place } = view;
  const [a, b] = AXES[tile.plane];
  const at: [number, number, number] = [...place];
  at[a] = clamp((x - left) / across - 0.5, frame.size[a]);
  at[b] = clamp((y - top) / down - 0.5, frame.size[b]);
  return at;
}

/** A whole voxel that is there. */
export function clamp(voxel: number, size: number): number {
  return Math.min(size - 1, Math.max(0, Math.round(voxel)));
}

/** Calls with the memory index of each voxel of the slice, row by row. */
export function eachVoxel(
  frame: Frame,
  plane: SlicePlane,
  through: number,
  call: (index: number, at: number) => void,
): void {
  const [a, b, c] = AXES[plane];
  const begin: [number, number, number] = [0, 0, 0];
  begin[c] = through;
  const [columns, rows] = [frame.size[a], frame.size[b]];
  const [across, down, first] = [frame.stride(a), frame.stride(b), frame.index(begin)];
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0, index = first + row * down; column < columns; column++, index += across) call(index, at++);
}

/** Draws the slice of a volume, a colour of the table for each value of the range. */
export function drawSlice(
  target: CanvasRenderingContext2D,
  view: SliceView,
  { data }: Volume,
  table: ColourTable,
  [low, high]: readonly [number, number],
): void {
  const scale = 255 / (high - low || 1);
  paint(target, view, true, (pixels, index, at) => {
    const value = (data[index]! - low) * scale;
    pixels[at] = table[value > 0 ? (value < 255 ? value | 0 : 255) : 0]!;
  });
}

/** Draws pixels that a function sets, one a voxel, red in the lowest byte. */
export function paint(
  target: CanvasRenderingContext2D,
  view: SliceView,
  isSmooth: boolean,
  set: (pixels: Uint32Array, index: number, at: number) => void,
): void {
  const { frame, tile, left, top, across, down, place } = view;
  const [a, b, c] = AXES[tile.plane];
  const [columns, rows] = [frame.size[a], frame.size[b]];
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  eachVoxel(frame, tile.plane, place[c], (index, at) => set(pixels, index, at));
  const source = new OffscreenCanvas(columns, rows);
  (source.getContext('2d') as OffscreenCanvasRenderingContext2D).putImageData(image, 0, 0);
  target.imageSmoothingEnabled = isSmooth;
  target.drawImage(source, left, top, columns * across, rows * down);
}
