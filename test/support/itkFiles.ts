import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

/** A transform as ITK keeps it. */
interface Part {
  readonly type: string;
  readonly parameters: readonly number[];
  readonly fixedParameters: readonly number[];
}

/** The composite that ITK 5.2.1 wrote as text: of an affine transform, then of a displacement field. */
const text = readFileSync(fileURLToPath(new URL('../fixtures/itk/composite.tfm', import.meta.url)), 'utf8');

const parts = text
  .split(/#Transform \d+\n/)
  .slice(1)
  .map((part): Part => {
    const line = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'm').exec(part)?.[1] ?? '';
    const numbers = (name: string): number[] => line(name).split(' ').filter(Boolean).map(Number);
    return {
      type: line('Transform'),
      parameters: numbers('Parameters'),
      fixedParameters: numbers('FixedParameters'),
    };
  });
const [, affine, field] = parts as [Part, Part, Part];

/**
 * Writes the text's transforms in ITK's other formats, laid out as ITK lays them out: affine.mat, field.mha and
 * composite.h5.
 */
export async function writeItkFiles(folder: string): Promise<void> {
  await writeFile(join(folder, 'affine.mat'), matlab(affine));
  await writeFile(join(folder, 'field.mha'), metaImage(field));
  await writeFile(join(folder, 'composite.h5'), await hdf5());
}

/** MATLAB's version 4: a matrix of each of the two lists of numbers. */
function matlab({ type, parameters, fixedParameters }: Part): Buffer {
  const matrix = (name: string, values: readonly number[]): Buffer =>
    Buffer.concat([
      Buffer.from(Int32Array.of(0, values.length, 1, 0, name.length + 1).buffer),
      Buffer.from(`${name}\0`),
      Buffer.from(Float64Array.from(values).buffer),
    ]);
  return Buffer.concat([matrix(type, parameters), matrix('fixed', fixedParameters)]);
}

/** MetaImage, compressed: vectors of three components at each voxel. */
function metaImage({ parameters, fixedParameters }: Part): Buffer {
  const data = deflateSync(Buffer.from(Float32Array.from(parameters).buffer));
  const [size, offset, spacing] = [0, 3, 6].map((at) => fixedParameters.slice(at, at + 3).join(' '));
  const direction = [0, 1, 2].flatMap((row) => [9, 12, 15].map((column) => fixedParameters[column + row]!));
  const header = [
    ...['ObjectType = Image', 'NDims = 3', 'BinaryData = True', 'BinaryDataByteOrderMSB = False'],
    ...['CompressedData = True', `CompressedDataSize = ${data.length}`, `TransformMatrix = ${direction.join(' ')}`],
    ...[`Offset = ${offset}`, 'CenterOfRotation = 0 0 0', `ElementSpacing = ${spacing}`, `DimSize = ${size}`],
    ...['ElementNumberOfChannels = 3', 'ElementType = MET_FLOAT', 'ElementDataFile = LOCAL', ''],
  ];
  return Buffer.concat([Buffer.from(header.join('\n')), data]);
}

/** HDF5: a group for each transform, and beside them what wrote the file. */
async function hdf5(): Promise<Uint8Array> {
  const { File, ready } = await import('h5wasm');
  const { FS } = await ready;
  const file = new File('/itk.h5', 'w');
  const word = (parent: Pick<typeof file, 'create_dataset'>, name: string, value: string) =>
    parent.create_dataset({ name, data: [value], dtype: 'A' });
  word(file, 'HDFVersion', 'HDF5 library version: 1.10.8');
  word(file, 'ITKVersion', '5.2.1');
  const groups = file.create_group('TransformGroup');
  for (const [n, { type, parameters, fixedParameters }] of parts.entries()) {
    const group = groups.create_group(String(n));
    word(group, 'TransformType', type);
    if (parameters.length === 0) continue;
    group.create_dataset({ name: 'TransformFixedParameters', data: Float64Array.from(fixedParameters) });
    group.create_dataset({ name: 'TransformParameters', data: Float64Array.from(parameters) });
  }
  file.close();
  const bytes = FS.readFile('/itk.h5');
  FS.unlink('/itk.h5');
  return bytes;
}
