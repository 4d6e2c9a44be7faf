import { UserError } from '../errors.ts';
import { chainOfRecords, type ItkRecord } from '../volume/itkRecord.ts';
import type { TransformChain } from '../volume/transformChain.ts';
import { assertInstalled } from './optionalPackages.ts';

/** As newer and as older versions of ITK spell them. */
const PARAMETERS = ['TransformParameters', 'TranformParameters'];
const FIXED_PARAMETERS = ['TransformFixedParameters', 'TranformFixedParameters'];

/**
 * Reads transforms from ITK's HDF5 file, as `antsRegistration --write-composite-transform 1` and Slicer write them.
 * @param name what messages call the file
 * @returns RAS mm, in the order in which a fixed point goes through them
 * @throws UserError when the file is damaged or holds other things
 */
export async function decodeItkHdf5(bytes: Uint8Array, name: string): Promise<TransformChain> {
  const records = await inMemory(bytes, ({ File }, path) => {
    const file = new File(path, 'r');
    try {
      const groups = file.get('TransformGroup');
      const count = groups && 'keys' in groups ? groups.keys().length : 0;
      return Array.from({ length: count }, (_, n): ItkRecord => {
        const value = (keys: readonly string[]): unknown => {
          const found = keys.map((key) => file.get(`TransformGroup/${n}/${key}`)).find((each) => each !== null);
          return found && 'value' in found ? found.value : [];
        };
        const [type] = value(['TransformType']) as [unknown];
        return {
          type: String(type),
          parameters: numbers(value(PARAMETERS)),
          fixedParameters: numbers(value(FIXED_PARAMETERS)),
        };
      });
    } finally {
      file.close();
    }
  }).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is damaged or not an HDF5 file; copy the file again.`, { cause: error });
  });
  if (records.length === 0)
    throw new UserError(`${name} holds no ITK transform; give a file that ANTs, ITK or Slicer wrote.`);
  return chainOfRecords(records, name);
}

/** A damaged file may hold anything in their place. */
function numbers(value: unknown): ArrayLike<number> {
  return value instanceof Float64Array || value instanceof Float32Array ? value : [];
}

/** Writes transforms as such a file. */
export async function encodeItkHdf5(records: readonly ItkRecord[]): Promise<Uint8Array> {
  return inMemory(undefined, ({ File, FS }, path) => {
    const file = new File(path, 'w');
    const groups = file.create_group('TransformGroup');
    for (const [n, { type, parameters, fixedParameters }] of records.entries()) {
      const group = groups.create_group(String(n));
      // ITK reads ASCII of any length, not UTF-8.
      group.create_dataset({ name: 'TransformType', data: [type], dtype: 'A' });
      if (parameters.length === 0) continue;
      group.create_dataset({ name: 'TransformParameters', data: Float64Array.from(parameters) });
      group.create_dataset({ name: 'TransformFixedParameters', data: Float64Array.from(fixedParameters) });
    }
    file.close();
    return FS.readFile(path);
  });
}

type Hdf5 = Awaited<ReturnType<typeof loaded>>;

/** Works on a file in the memory of HDF5, an optional package that is only loaded here. */
async function inMemory<T>(bytes: Uint8Array | undefined, work: (hdf5: Hdf5, path: string) => T): Promise<T> {
  const hdf5 = await loaded();
  const path = `/transform-${counter++}.h5`;
  if (bytes) hdf5.FS.writeFile(path, bytes);
  try {
    return work(hdf5, path);
  } finally {
    if (hdf5.FS.analyzePath(path, false).exists) hdf5.FS.unlink(path);
  }
}

let counter = 0;

async function loaded() {
  assertInstalled(['h5wasm'], 'Composite transforms in HDF5 (.h5)');
  const { File, ready } = await import('h5wasm');
  const { FS, activate_throwing_error_handler: throwErrors } = await ready;
  throwErrors();
  return { File, FS };
}
