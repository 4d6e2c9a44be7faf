import { encode } from 'fast-png';

/** An 8-bit image, row by row from the top left; `channels` is 1 (grey), 3 (RGB) or 4 (RGBA). */
interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Bytes in base64, in browsers and Node alike. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

/** An image as a PNG inside a data URI, to be embedded in SVG or HTML. */
export function pngDataUri(image: Raster): string {
  return `data:image/png;base64,${toBase64(encode(image, { zlib: { level: 9 } }))}`;
}
