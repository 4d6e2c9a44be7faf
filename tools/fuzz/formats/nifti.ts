import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Format, Mutation, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import {
  ANY_BYTES,
  cut,
  type Field,
  fields,
  flips,
  GZIP_BYTES,
  insideGzip,
  swapped,
  trailing,
} from '../mutateBytes.ts';
import { plainAndPacked, templateOf } from './template.ts';
import { program, usesOfImage, usesOfLabels, usesOfWarp } from './uses.ts';

const each = (name: string, count: number, at: number, step: number, type: Field[2]): Field[] =>
  Array.from({ length: count }, (_, n) => [`${name}[${n}]`, at + step * n, type]);

/** NIfTI-1's fields that decide how it is read. */
const FIELDS_1: readonly Field[] = [
  ['sizeof_hdr', 0, 'i32'],
  ...each('dim', 8, 40, 2, 'i16'),
  ['intent_code', 68, 'i16'],
  ['datatype', 70, 'i16'],
  ['bitpix', 72, 'i16'],
  ...each('pixdim', 8, 76, 4, 'f32'),
  ['vox_offset', 108, 'f32'],
  ['scl_slope', 112, 'f32'],
  ['scl_inter', 116, 'f32'],
  ['xyzt_units', 123, 'i8'],
  ['qform_code', 252, 'i16'],
  ['sform_code', 254, 'i16'],
  ...each('quatern and qoffset', 6, 256, 4, 'f32'),
  ...each('srow', 12, 280, 4, 'f32'),
  ['magic', 344, 'i32'],
];

/** The same of NIfTI-2. */
const FIELDS_2: readonly Field[] = [
  ['sizeof_hdr', 0, 'i32'],
  ['magic', 4, 'i32'],
  ['datatype', 12, 'i16'],
  ['bitpix', 14, 'i16'],
  ...each('dim', 8, 16, 8, 'i64'),
  ...each('pixdim', 8, 104, 8, 'f64'),
  ['vox_offset', 168, 'i64'],
  ['scl_slope', 176, 'f64'],
  ['scl_inter', 184, 'f64'],
  ['qform_code', 344, 'i32'],
  ['sform_code', 348, 'i32'],
  ...each('quatern and qoffset', 6, 352, 8, 'f64'),
  ...each('srow', 12, 400, 8, 'f64'),
  ['xyzt_units', 500, 'i32'],
  ['intent_code', 504, 'i32'],
];

function mutationsOf(known: readonly Field[]): readonly Mutation[] {
  const field = fields(known);
  return [field, field, field, field, field, swapped(known), flips(), cut('refusal'), trailing(), ...ANY_BYTES];
}

/** A NIfTI-1 file as NIfTI-2. */
function asNifti2(file: Uint8Array): Uint8Array {
  const from = new DataView(file.buffer, file.byteOffset);
  const body = file.subarray(352);
  const out = new Uint8Array(544 + body.length);
  const to = new DataView(out.buffer);
  to.setInt32(0, 540, true);
  out.set([0x6e, 0x2b, 0x32, 0, 13, 10, 26, 10], 4);
  to.setInt16(12, from.getInt16(70, true), true);
  to.setInt16(14, from.getInt16(72, true), true);
  for (let n = 0; n < 8; n++) {
    to.setBigInt64(16 + 8 * n, BigInt(from.getInt16(40 + 2 * n, true)), true);
    to.setFloat64(104 + 8 * n, from.getFloat32(76 + 4 * n, true), true);
  }
  to.setBigInt64(168, 544n, true);
  to.setFloat64(176, from.getFloat32(112, true), true);
  to.setFloat64(184, from.getFloat32(116, true), true);
  to.setInt32(344, from.getInt16(252, true), true);
  to.setInt32(348, from.getInt16(254, true), true);
  for (let n = 0; n < 6; n++) to.setFloat64(352 + 8 * n, from.getFloat32(256 + 4 * n, true), true);
  for (let n = 0; n < 12; n++) to.setFloat64(400 + 8 * n, from.getFloat32(280 + 4 * n, true), true);
  to.setInt32(500, 2, true);
  to.setInt32(504, from.getInt16(68, true), true);
  out.set(body, 544);
  return out;
}

/** Images, labels and warps as NIfTI-1 and NIfTI-2, plain and packed. */
export function niftiFormat(material: Material): Format {
  return {
    name: 'nifti',
    async seeds(folder) {
      const sources = [
        { name: 'image', path: material.image(2), usesOf: usesOfImage },
        { name: 'labels', path: material.labels(2), usesOf: usesOfLabels },
        { name: 'warp', path: join(material.registered, 'warp.nii.gz'), usesOf: usesOfWarp },
      ];
      const seeds = sources.flatMap(({ name, path, usesOf }) => {
        const plain = new Uint8Array(gunzipSync(readFileSync(path)));
        return [1, 2].flatMap((version): Seed[] => {
          const bytes = version === 1 ? plain : asNifti2(plain);
          const mutations = mutationsOf(version === 1 ? FIELDS_1 : FIELDS_2);
          const file = `${name}${version}.nii`;
          return plainAndPacked(folder, [file, `${file}.gz`], bytes, mutations, (of) => usesOf(of, material));
        });
      });
      const checked = join(folder, 'checked');
      mkdirSync(checked);
      const image = readFileSync(material.image(1));
      templateOf(checked, 'images/a.nii.gz', image);
      return [
        ...seeds,
        {
          template: join(checked, 'images/a-nii-gz'),
          target: 'images/a.nii.gz',
          mutations: [...mutationsOf(FIELDS_1).map(insideGzip), ...GZIP_BYTES],
          uses: [program('data', 'check', '$'), program('data', 'check', '$', '--json')],
        },
      ];
    },
  };
}
