import { encode } from 'fast-png';
import { crc32 } from '../../src/crc32.ts';

/** A picture in red, green and blue, row by row. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** How long it is seen, in milliseconds. */
  readonly duration: number;
}

const SIGNATURE = 8;

/** Pictures of one size as an animated PNG, which begins anew when it ends. */
export function encodeApng(frames: readonly Frame[]): Uint8Array {
  const [first] = frames;
  if (!first) throw new Error('An animation needs pictures.');
  const pngs = frames.map(({ width, height, data }) =>
    encode({ width, height, data, channels: 3 }, { zlib: { level: 9 } }),
  );
  const parts: Uint8Array[] = [pngs[0]!.subarray(0, SIGNATURE), chunk('IHDR', only(pngs[0]!, 'IHDR'))];
  parts.push(chunk('acTL', words(frames.length, 0)));
  let sequence = 0;
  for (const [n, png] of pngs.entries()) {
    const { width, height, duration } = frames[n]!;
    const control = new Uint8Array(26);
    control.set(words(sequence++, width, height, 0, 0));
    new DataView(control.buffer).setUint16(20, duration);
    new DataView(control.buffer).setUint16(22, 1000);
    parts.push(chunk('fcTL', control));
    const pixels = only(png, 'IDAT');
    parts.push(n === 0 ? chunk('IDAT', pixels) : chunk('fdAT', joined([words(sequence++), pixels])));
  }
  parts.push(chunk('IEND', new Uint8Array()));
  return joined(parts);
}

/** What all chunks of a type in a PNG hold, one after the other. */
function only(png: Uint8Array, type: string): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset);
  const found: Uint8Array[] = [];
  for (let at = SIGNATURE; at < png.length; ) {
    const length = view.getUint32(at);
    if (String.fromCharCode(...png.subarray(at + 4, at + 8)) === type)
      found.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return joined(found);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data]);
  return joined([words(data.length), named, words(crc32(named))]);
}

/** Whole numbers of four bytes each. */
function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [n, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * n, value);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
