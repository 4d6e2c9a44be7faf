import { UserError } from '../errors.ts';

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks a gzip file and verifies its checksum (RFC 1952), which fflate would not.
 * @throws UserError when the file is cut short or damaged.
 */
export async function gunzip(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await pump(bytes, new DecompressionStream('gzip'));
  } catch {
    throw new UserError(`${name} is cut short or damaged (its gzip data cannot be unpacked); copy the file again.`);
  }
}

/** Packs bytes as a gzip file. The same bytes give the same file: no name and no time are stored. */
export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return pump(bytes, new CompressionStream('gzip'));
}

/** Sends bytes through a stream and joins what comes out. */
async function pump(bytes: Uint8Array, stream: GenericTransformStream): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const read = collect(stream.readable);
  const [out] = await Promise.all([read, written]);
  return out;
}

async function collect(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    out.set(chunk, offset);
    offset += chunk.length;
  }
  return out;
}
