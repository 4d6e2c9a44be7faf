/** NIfTI files built field by field from the published layouts, independent of the code under test. */
export interface Handmade {
  version?: 1 | 2;
  littleEndian?: boolean;
  dim?: readonly number[];
  datatype?: number;
  values?: readonly number[];
  pixdim?: readonly number[];
  slope?: number;
  inter?: number;
  qformCode?: number;
  quatern?: readonly [number, number, number];
  qoffset?: readonly [number, number, number];
  sformCode?: number;
  srow?: readonly number[];
  intent?: number;
  units?: number;
  magic?: string;
}

type Writer = (view: DataView, at: number, value: number, littleEndian: boolean) => void;

const writers: Record<number, { size: number; write: Writer }> = {
  2: { size: 1, write: (v, at, x) => v.setUint8(at, x) },
  4: { size: 2, write: (v, at, x, le) => v.setInt16(at, x, le) },
  8: { size: 4, write: (v, at, x, le) => v.setInt32(at, x, le) },
  16: { size: 4, write: (v, at, x, le) => v.setFloat32(at, x, le) },
  64: { size: 8, write: (v, at, x, le) => v.setFloat64(at, x, le) },
  256: { size: 1, write: (v, at, x) => v.setInt8(at, x) },
  512: { size: 2, write: (v, at, x, le) => v.setUint16(at, x, le) },
  768: { size: 4, write: (v, at, x, le) => v.setUint32(at, x, le) },
  1024: { size: 8, write: (v, at, x, le) => v.setBigInt64(at, BigInt(x), le) },
  1280: { size: 8, write: (v, at, x, le) => v.setBigUint64(at, BigInt(x), le) },
};

export function handmadeNifti(spec: Handmade = {}): Uint8Array {
  const { version = 1, littleEndian: le = true, dim = [3, 2, 2, 2], datatype = 16, units = 2 } = spec;
  const count = dim.slice(1, dim[0]! + 1).reduce((product, n) => product * n, 1);
  const values = spec.values ?? Array.from({ length: count }, (_, i) => i);
  const { size, write } = writers[datatype] ?? writers[2]!;
  const offset = version === 1 ? 352 : 544;
  const bytes = new Uint8Array(offset + values.length * size);
  const view = new DataView(bytes.buffer);
  const shape = Array.from({ length: 8 }, (_, i) => dim[i] ?? 1);
  const pixdim = Array.from({ length: 8 }, (_, i) => spec.pixdim?.[i] ?? 1);
  const quatern = [...(spec.quatern ?? [0, 0, 0]), ...(spec.qoffset ?? [0, 0, 0])];
  const srow = spec.srow ?? new Array(12).fill(0);
  const slopes = [spec.slope ?? 1, spec.inter ?? 0];
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
  };
  if (version === 1) {
    view.setInt32(0, 348, le);
    for (const [i, n] of shape.entries()) view.setInt16(40 + 2 * i, n, le);
    view.setInt16(68, spec.intent ?? 0, le);
    view.setInt16(70, datatype, le);
    view.setInt16(72, 8 * size, le);
    for (const [i, x] of pixdim.entries()) view.setFloat32(76 + 4 * i, x, le);
    view.setFloat32(108, offset, le);
    for (const [i, x] of slopes.entries()) view.setFloat32(112 + 4 * i, x, le);
    view.setUint8(123, units);
    view.setInt16(252, spec.qformCode ?? 0, le);
    view.setInt16(254, spec.sformCode ?? 0, le);
    for (const [i, x] of quatern.entries()) view.setFloat32(256 + 4 * i, x, le);
    for (const [i, x] of srow.entries()) view.setFloat32(280 + 4 * i, x, le);
    text(344, spec.magic ?? 'n+1');
  } else {
    view.setInt32(0, 540, le);
    text(4, spec.magic ?? 'n+2\0\r\n\x1a\n');
    view.setInt16(12, datatype, le);
    view.setInt16(14, 8 * size, le);
    for (const [i, n] of shape.entries()) view.setBigInt64(16 + 8 * i, BigInt(n), le);
    for (const [i, x] of pixdim.entries()) view.setFloat64(104 + 8 * i, x, le);
    view.setBigInt64(168, BigInt(offset), le);
    for (const [i, x] of slopes.entries()) view.setFloat64(176 + 8 * i, x, le);
    view.setInt32(344, spec.qformCode ?? 0, le);
    view.setInt32(348, spec.sformCode ?? 0, le);
    for (const [i, x] of quatern.entries()) view.setFloat64(352 + 8 * i, x, le);
    for (const [i, x] of srow.entries()) view.setFloat64(400 + 8 * i, x, le);
    view.setInt32(500, units, le);
    view.setInt32(504, spec.intent ?? 0, le);
  }
  for (const [i, value] of values.entries()) write(view, offset + i * size, value, le);
  return bytes;
}
