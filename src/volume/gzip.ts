import { UserError } from '../errors.ts';
import { readableBytes } from './voxels.ts';

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The part of unpacked data that is wanted, in bytes. */
interface Extent {
  readonly from: number;
  readonly to: number;
  /** Where the data end by their header; default: where the part does. */
  readonly end?: number;
}

/** Enough bytes for every binary header. */
const HEAD = 1024;

/** Deflate makes no byte of 1032 or more. */
const MOST_EXPANSION = 1032;

/** What may follow the announced bytes is unpacked up to here, for the checksum at its end. */
const MOST_EXCESS = 2 ** 30;

/**
 * Unpacks a part of gzip or zlib data and verifies their checksum (RFC 1950, RFC 1952). What is not wanted is not kept.
 * @param packing 'deflate' is zlib's format.
 * @param extentOf tells from the first bytes which part is wanted; `most` is what the packed data could hold at best.
 * @returns the part, shorter where the data end before
 * @throws UserError when the data are cut short or damaged, or go on far beyond their end
 */
export async function unpack(
  bytes: Uint8Array,
  name: string,
  packing: 'gzip' | 'deflate',
  extentOf: (head: Uint8Array, most: number) => Extent,
): Promise<Uint8Array> {
  const stream = new DecompressionStream(packing) as GenericTransformStream;
  const writer = stream.writable.getWriter();
  // A failure shows in what is read.
  writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
  const reader = stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    } catch {
      throw new UserError(
        `${name} is cut short or damaged (its ${packing === 'gzip' ? 'gzip' : 'zlib'} data cannot be unpacked); copy the file again.`,
      );
    }
  };
  try {
    let head = new Uint8Array(0);
    while (head.length < HEAD) {
      const chunk = await next();
      if (chunk === undefined) break;
      head = joined(head, chunk);
    }
    const { from, to, end = to } = extentOf(head, MOST_EXPANSION * bytes.length);
    const out = new Uint8Array(to - from);
    let length = 0;
    for (let chunk: Uint8Array | undefined = head; chunk !== undefined; chunk = await next()) {
      const wanted = chunk.subarray(Math.max(from - length, 0), Math.max(to - length, 0));
      if (wanted.length > 0) out.set(wanted, Math.max(length - from, 0));
      length += chunk.length;
      if (length > end + MOST_EXCESS)
        throw new UserError(
          `${name} is damaged: its header announces ${readableBytes(end)}, but it unpacks to far more; copy or convert the file again.`,
        );
    }
    return out.subarray(0, Math.max(length - from, 0));
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Bytes one behind the other. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Packs bytes as a gzip file. The same bytes give the same file: no name and no time are stored. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return pack(bytes, 'gzip');
}

/** Packs bytes as zlib does. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return pack(bytes, 'deflate');
}

async function pack(bytes: Uint8Array, packing: 'gzip' | 'deflate'): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream(packing));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
