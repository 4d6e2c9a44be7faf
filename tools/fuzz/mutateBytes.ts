import { gunzipSync, gzipSync } from 'node:zlib';
import { given } from '../../src/given.ts';
import type { Random } from '../../src/random.ts';
import type { Expectation, Mutation } from './format.ts';

/** One of a list. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)] as T;
}

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]));
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** Flips one to eight bits. */
export function flips(expectation: Expectation = 'sound'): Mutation {
  return {
    name: 'flipped bits',
    expectation,
    apply(bytes, random) {
      if (bytes.length === 0) return undefined;
      const out = bytes.slice();
      for (let left = 1 + random.integer(8); left > 0; left--) {
        const at = random.integer(out.length);
        out[at] = out[at]! ^ (1 << random.integer(8));
      }
      return out;
    },
  };
}

/** Cuts the file off somewhere; in one case of four within its first kilobyte, where the header is. */
export function cut(expectation: Expectation = 'sound'): Mutation {
  return {
    name: 'cut off',
    expectation,
    apply: (bytes, random) =>
      bytes.subarray(0, random.integer(random.integer(4) === 0 ? Math.min(bytes.length, 1024) : bytes.length)),
  };
}

/** Bytes put behind the end. */
export function trailing(expectation: Expectation = 'sound'): Mutation {
  return {
    name: 'bytes behind the end',
    expectation,
    apply: (bytes, random) => spliced(bytes, bytes.length, 0, noise(1 + random.integer(600), random)),
  };
}

/** What any file may meet: bytes lost, repeated, put between, zeroed, or other bytes altogether. */
export const ANY_BYTES: readonly Mutation[] = [
  {
    name: 'bytes lost',
    apply: (bytes, random) => spliced(bytes, random.integer(bytes.length), 1 + random.integer(64), new Uint8Array(0)),
  },
  {
    name: 'bytes put between',
    apply: (bytes, random) => spliced(bytes, random.integer(bytes.length), 0, noise(1 + random.integer(64), random)),
  },
  {
    name: 'bytes repeated',
    apply(bytes, random) {
      const at = random.integer(bytes.length);
      return spliced(bytes, at, 0, bytes.subarray(at, at + 1 + random.integer(256)));
    },
  },
  {
    name: 'zeroed',
    apply(bytes, random) {
      const at = random.integer(bytes.length);
      return bytes.slice().fill(0, at, at + 1 + random.integer(256));
    },
  },
  {
    name: 'a huge number',
    apply(bytes, random) {
      if (bytes.length < 4) return undefined;
      const out = bytes.slice();
      const value = pick([0, -1, 1, 0x7fffffff, -0x80000000, 0x7fc00000, 0x7f800000], random);
      new DataView(out.buffer).setInt32(random.integer(out.length - 3), value, random.integer(2) === 0);
      return out;
    },
  },
  { name: 'empty', expectation: 'refusal', apply: () => new Uint8Array(0) },
  { name: 'noise', expectation: 'refusal', apply: (_, random) => noise(1 + random.integer(2000), random) },
];

/** For a file that not everything that is done with it must read: its damage may be passed over. */
export function unread({ name, apply }: Mutation): Mutation {
  return { name, apply };
}

type FieldType = 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64';

/** A number in a binary header: its name, where it is, and its type. */
export type Field = readonly [name: string, at: number, type: FieldType];

const NUMBERS = [0, -1, 1, 2, 7, 255, 1e3, 32767, -32768, 65536, 2 ** 31 - 1, -(2 ** 31), 2 ** 53];
const FRACTIONS = [...NUMBERS, 1e-30, 1e30, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, -1e6];

/** Sets one field of a header to a number that does not belong there, or multiplies it by a thousand. */
export function fields(known: readonly Field[], littleEndian = true): Mutation {
  return {
    name: 'a field of the header',
    apply(bytes, random) {
      const [, at, type] = pick(known, random);
      if (bytes.length < at + 8) return undefined;
      const out = bytes.slice();
      const view = new DataView(out.buffer);
      const old = TYPES[type].read(view, at, littleEndian);
      const value = random.integer(4) === 0 ? 1000 * old : pick(type.startsWith('f') ? FRACTIONS : NUMBERS, random);
      TYPES[type].write(view, at, value, littleEndian);
      return out;
    },
  };
}

const TYPES: Readonly<
  Record<
    FieldType,
    {
      readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
      readonly write: (view: DataView, at: number, value: number, littleEndian: boolean) => void;
    }
  >
> = {
  i8: { read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  i16: { read: (v, at, le) => v.getInt16(at, le), write: (v, at, x, le) => v.setInt16(at, x, le) },
  i32: { read: (v, at, le) => v.getInt32(at, le), write: (v, at, x, le) => v.setInt32(at, x, le) },
  i64: {
    read: (v, at, le) => Number(v.getBigInt64(at, le)),
    write: (v, at, x, le) => v.setBigInt64(at, BigInt(Math.trunc(Math.min(x, 2 ** 62))), le),
  },
  f32: { read: (v, at, le) => v.getFloat32(at, le), write: (v, at, x, le) => v.setFloat32(at, x, le) },
  f64: { read: (v, at, le) => v.getFloat64(at, le), write: (v, at, x, le) => v.setFloat64(at, x, le) },
};

/** Turns the bytes of some fields round, as if another machine had written them. */
export function swapped(known: readonly Field[]): Mutation {
  return {
    name: 'byte order of some fields',
    apply(bytes, random) {
      const out = bytes.slice();
      for (const [, at, type] of known)
        if (random.integer(2) === 0) out.subarray(at, at + Number(type.slice(1)) / 8).reverse();
      return out;
    },
  };
}

/** Unpacks, harms what is inside, packs again. */
export function insideGzip(mutation: Mutation): Mutation {
  return {
    name: `${mutation.name}, inside gzip`,
    ...given({ expectation: mutation.expectation }),
    apply(bytes, random) {
      const unpacked = unpack(bytes);
      const harmed = unpacked && mutation.apply(unpacked, random);
      return harmed && new Uint8Array(gzipSync(harmed, { level: 1 }));
    },
  };
}

/** An earlier mutation may have left nothing to unpack. */
function unpack(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(gunzipSync(bytes));
  } catch {
    return undefined;
  }
}

let zeros: Uint8Array | undefined;

/** What gzip itself may meet. Its checksum tells every flipped bit of the contents. */
export const GZIP_BYTES: readonly Mutation[] = [
  flips('same'),
  cut('refusal'),
  trailing('same'),
  {
    name: 'wrong checksum or length of gzip',
    expectation: 'refusal',
    apply(bytes, random) {
      if (bytes.length < 18) return undefined;
      const out = bytes.slice();
      const at = out.length - 1 - random.integer(8);
      out[at] = out[at]! ^ (1 << random.integer(8));
      return out;
    },
  },
  {
    name: 'two gigabytes of zeros behind, as further members of gzip',
    apply(bytes) {
      zeros ??= gzipSync(new Uint8Array(1 << 26));
      const out = new Uint8Array(bytes.length + 32 * zeros.length);
      out.set(bytes);
      for (let n = 0; n < 32; n++) out.set(zeros, bytes.length + n * zeros.length);
      return out;
    },
  },
];
