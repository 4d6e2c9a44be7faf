import { zlibSync } from 'fflate';
import { crc32 } from '../../crc32.ts';

/** An 8-bit image, row by row from the top left; `channels` is 1 (grey), 3 (RGB) or 4 (RGBA). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

const COLOUR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

/** A chunk: length, type, content, and the CRC over type and content. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(content, 8);
  view.setUint32(content.length + 8, crc32(out.subarray(4, content.length + 8)));
  return out;
}

/** Encodes an image as PNG (W3C PNG specification, third edition), every row with the Up filter. */
export function encodePng(image: Raster): Uint8Array {
  const stride = image.width * image.channels;
  const filtered = new Uint8Array((stride + 1) * image.height);
  for (let y = 0; y < image.height; y++) {
    const to = y * (stride + 1);
    filtered[to] = 2;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const above = y === 0 ? 0 : (image.data[at - stride] as number);
      filtered[to + 1 + x] = (image.data[at] as number) - above;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, image.width);
  view.setUint32(4, image.height);
  header[8] = 8;
  header[9] = COLOUR_TYPE[image.channels];
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(filtered, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Bytes in base64, in browsers and Node alike. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

/** An image as a PNG inside a data URI, to be embedded in SVG or HTML. */
export function pngDataUri(image: Raster): string {
  return `data:image/png;base64,${toBase64(encodePng(image))}`;
}
