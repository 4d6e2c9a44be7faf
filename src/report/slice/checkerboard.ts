import type { SliceView } from './slices.ts';

/** Squares of about an eighth of the picture, in turn from one image and from the other. */
export function checkerboard(view: SliceView, a: Float32Array, b: Float32Array): Float32Array {
  const square = Math.max(view.width, view.height) / 8;
  return a.map((value, index) => {
    const x = ((index % view.columns) + 0.5) * view.pixelWidth;
    const y = (Math.floor(index / view.columns) + 0.5) * view.pixelHeight;
    return (Math.floor(x / square) + Math.floor(y / square)) % 2 === 0 ? value : b[index]!;
  });
}
