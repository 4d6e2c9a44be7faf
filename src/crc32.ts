const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * The checksum of PNG and gzip (CRC-32, ISO 3309) of bytes.
 * @param before checksum of the bytes before these, to go on from
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The CRC-32 of texts and arrays, one after the other, as eight hexadecimal digits. */
export function checksum(parts: readonly (string | Float32Array)[]): string {
  const sum = parts.reduce((before, part) => crc32(bytesOf(part), before), 0);
  return sum.toString(16).padStart(8, '0');
}

function bytesOf(part: string | Float32Array): Uint8Array {
  if (typeof part === 'string') return new TextEncoder().encode(part);
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}
