import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fromItkImage, type ItkImage } from '../volume/itkImage.ts';
import { type ItkFormat, itkFormat, unreadByItk, wholeItkFile } from '../volume/itkLayout.ts';
import type { StoredImage } from '../volume/storedImage.ts';
import { assertInstalled } from './optionalPackages.ts';
import { inThread } from './thread.ts';

/**
 * Decodes GIPL, MRC, VTK and HDF5 with ITK, an optional package that is only loaded here.
 * @param name tells the format by its extension, and is what messages call the file.
 * @throws UserError when the package is missing, or the file is damaged, cut short, or not one 3-D volume.
 */
export async function decodeItk(bytes: Uint8Array, name: string): Promise<StoredImage> {
  assertInstalled(['@itk-wasm/image-io'], 'GIPL, MRC, VTK and HDF5');
  const format = itkFormat(name);
  const image = await decode(await wholeItkFile(bytes, format, name), format);
  if (!image) throw unreadByItk(name, format);
  return fromItkImage(image, name);
}

/** What runs in the thread. The file is handed over in memory: of folders, ITK sees no links. */
const script = `
const { parentPort, workerData: { runtime, pipeline, name, data } } = require('node:worker_threads');
import(runtime)
  .then(({ runPipelineNode, InterfaceTypes }) => runPipelineNode(
    pipeline,
    [name, '0', '1', '--memory-io'],
    [{ type: InterfaceTypes.JsonCompatible }, { type: InterfaceTypes.Image }],
    [{ type: InterfaceTypes.BinaryFile, data: { path: name, data } }],
  ))
  .then(({ outputs }) => parentPort.postMessage(outputs[0]?.data ? outputs[1]?.data : undefined))
  .catch(() => parentPort.postMessage(undefined));
`;

/** The image, or undefined where ITK finds none. */
function decode(data: Uint8Array, format: ItkFormat): Promise<ItkImage | undefined> {
  const imageIo = createRequire(import.meta.url).resolve('@itk-wasm/image-io');
  const workerData = {
    runtime: pathToFileURL(createRequire(imageIo).resolve('itk-wasm')).href,
    pipeline: join(dirname(imageIo), 'pipelines', `${format}-read-image`),
    name: `image.${format}`,
    data: new Uint8Array(data),
  };
  // Images in HDF5 may be packed, label maps to a thousandth.
  return inThread(script, workerData, data.length, format === 'hdf5' ? Number.POSITIVE_INFINITY : undefined);
}
