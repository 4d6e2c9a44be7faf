import type { Rgb } from '../../draw/colourMap.ts';
import type { Mode, Other, ViewerData } from '../viewerData.ts';

/** Display axes: to the right, downwards, across. */
export type Plane = readonly [across: 0 | 1 | 2, down: 0 | 1 | 2, through: 0 | 1 | 2];

/** What is shown of two images in one slice. */
interface Choice {
  readonly axes: Plane;
  readonly slice: number;
  readonly mode: Mode;
  readonly against: Other;
  readonly mix: number;
  readonly flicked: boolean;
}

/** Where a voxel of a slice lies in a volume, by column and row. */
export function voxelOf(
  [nx, ny]: ViewerData['size'],
  [across, down, through]: Plane,
  slice: number,
): (column: number, row: number) => number {
  const strides = [1, nx, nx * ny] as const;
  return (column, row) => column * strides[across] + row * strides[down] + slice * strides[through];
}

/** The colours of a slice, red, green, blue and opacity, row by row. */
export function comparison(
  data: ViewerData,
  images: Readonly<Record<'fixed' | Other, Uint8Array>>,
  choice: Choice,
): Uint8ClampedArray<ArrayBuffer> {
  const [columns, rows] = [data.size[choice.axes[0]], data.size[choice.axes[1]]];
  const at = voxelOf(data.size, choice.axes, choice.slice);
  const square = Math.max(2, Math.round(Math.max(columns, rows) / 8));
  const other = images[choice.against];
  const pixels = new Uint8ClampedArray(4 * columns * rows);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += 4) {
      const index = at(column, row);
      const isOther = (Math.floor(column / square) + Math.floor(row / square)) % 2 === 1;
      pixels.set(colourOf(data, choice, images.fixed[index]!, other[index]!, isOther), to);
      pixels[to + 3] = 255;
    }
  }
  return pixels;
}

/** @param isOther whether the checkerboard shows the other image here */
function colourOf(
  { differenceColours = [], overlayColours = [] }: ViewerData,
  { mode, mix, flicked }: Choice,
  fixed: number,
  other: number,
  isOther: boolean,
): Rgb {
  switch (mode) {
    case 'difference':
      return differenceColours[other - fixed + 255] as Rgb;
    case 'overlay': {
      // As in the figure: the brighter the fixed image, the more it hides.
      const cover = fixed === 0 ? 0 : Math.min(1, (0.15 + (0.75 * fixed) / 255) * 2 * (1 - mix));
      const mixed = (channel: number): number => other + (channel - other) * cover;
      const [red, green, blue] = overlayColours[fixed] as Rgb;
      return [mixed(red), mixed(green), mixed(blue)];
    }
    case 'checkerboard':
      return grey(isOther ? other : fixed);
    case 'flicker':
      return grey(flicked ? other : fixed);
    case 'blend':
      return grey(fixed + (other - fixed) * mix);
  }
}

function grey(value: number): Rgb {
  return [value, value, value];
}
