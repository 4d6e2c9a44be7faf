import { UserError } from '../errors.ts';
import { chainOfRecords, type ItkRecord } from '../volume/itkRecord.ts';
import type { TransformChain } from '../volume/transformChain.ts';
import { assertInstalled } from './optionalPackages.ts';
import { packageUrl } from './packageFile.ts';
import { inThread } from './thread.ts';

/** What needs HDF5, in messages. */
const COMPOSITES = 'Composite transforms in HDF5 (.h5)';
/** As newer and as older versions of ITK spell them. */
const PARAMETERS = ['TransformParameters', 'TranformParameters'];
const FIXED = ['TransformFixedParameters', 'TranformFixedParameters'];

/** Bytes for each byte of a file at most: deflate packs a byte into no less than a thousandth of one. */
const MOST_EACH = 1100;

/** What runs in the thread. A damaged file may announce more numbers than any memory holds. */
const script = `
const { parentPort, workerData: { module, bytes, most, keys } } = require('node:worker_threads');
import(module).then(async ({ File, ready }) => {
  const { FS, activate_throwing_error_handler: throwErrors } = await ready;
  throwErrors();
  FS.writeFile('/transforms.h5', bytes);
  const file = new File('/transforms.h5', 'r');
  const groups = file.get('TransformGroup');
  const count = groups && 'keys' in groups ? groups.keys().length : 0;
  let left = most;
  const value = (n, names) => {
    const found = names.map((name) => file.get('TransformGroup/' + n + '/' + name)).find((each) => each !== null);
    if (!found || !('value' in found)) return [];
    left -= (found.shape ?? []).reduce((product, extent) => product * extent, found.metadata.size);
    if (!(left >= 0)) throw new Error('too many');
    return found.value;
  };
  parentPort.postMessage(Array.from({ length: count }, (_, n) => keys.map((names) => value(n, names))));
}).catch(() => parentPort.postMessage(undefined));
`;

/**
 * Reads transforms from ITK's HDF5 file, as `antsRegistration --write-composite-transform 1` and Slicer write them.
 * @param name what messages call the file
 * @returns RAS mm, in the order in which a fixed point goes through them
 * @throws UserError when the file is damaged or holds other things
 */
export async function decodeItkHdf5(bytes: Uint8Array, name: string): Promise<TransformChain> {
  assertInstalled(['h5wasm'], COMPOSITES);
  const module = packageUrl('h5wasm', 'dist', 'esm', 'hdf5_hl.js');
  const workerData = { module, bytes, most: MOST_EACH * bytes.length, keys: [['TransformType'], PARAMETERS, FIXED] };
  const found = await inThread<readonly (readonly unknown[])[]>(script, workerData, bytes.length);
  if (!found) throw new UserError(`${name} is damaged or not an HDF5 file; copy the file again.`);
  if (found.length === 0)
    throw new UserError(`${name} holds no ITK transform; give a file that ANTs, ITK or Slicer wrote.`);
  const records = found.map(
    ([type, parameters, fixedParameters]): ItkRecord => ({
      type: String(Array.isArray(type) ? type[0] : type),
      parameters: numbers(parameters),
      fixedParameters: numbers(fixedParameters),
    }),
  );
  return chainOfRecords(records, name);
}

/** A damaged file may hold anything in their place. */
function numbers(value: unknown): ArrayLike<number> {
  return value instanceof Float64Array || value instanceof Float32Array ? value : [];
}

/** Writes transforms as such a file, by HDF5, an optional package that is only loaded here. */
export async function encodeItkHdf5(records: readonly ItkRecord[]): Promise<Uint8Array> {
  assertInstalled(['h5wasm'], COMPOSITES);
  const { File, ready } = await import('h5wasm');
  const { FS } = await ready;
  const path = '/transforms.h5';
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
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes;
}
