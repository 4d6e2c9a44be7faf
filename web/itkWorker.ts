import InterfaceTypes from '../node_modules/itk-wasm/dist/interface-types/interface-types.js';
import run from '../node_modules/itk-wasm/dist/pipeline/internal/run-pipeline-emscripten.js';
import { readImageOf } from '../src/browser/readImage.ts';
import { UserError } from '../src/errors.ts';
import { memoryFor } from '../src/volume/foreignBounds.ts';
import { fromItkImage, type ItkImage } from '../src/volume/itkImage.ts';
import { type ItkFormat, itkFormat, unreadByItk, wholeItkFile } from '../src/volume/itkLayout.ts';
import type { ItkAnswer } from './itk.ts';

type Reader = Parameters<typeof run>[0];

/** What a worker has of the page. */
interface Scope {
  onmessage: ((message: MessageEvent<{ readonly name: string; readonly bytes: Uint8Array }>) => void) | null;
  postMessage(answer: ItkAnswer): void;
}

// What ITK prints of a damaged file is said in a sentence.
const silent = (): void => undefined;
Object.assign(console, { log: silent, warn: silent, error: silent });

(self as Scope).onmessage = async ({ data: { name, bytes } }) => {
  try {
    const format = itkFormat(name);
    const whole = await wholeItkFile(bytes, format, name);
    // Images in HDF5 may be packed, label maps to a thousandth.
    if (format !== 'hdf5') boundMemory(memoryFor(whole.length));
    const image = decode(await loadReader(format), whole, format);
    if (!image) throw unreadByItk(name, format);
    const { volume, ...more } = readImageOf(fromItkImage(image, name));
    // ITK's arrays are shared between threads where the page is isolated; files cannot be made of such ones.
    self.postMessage({ image: { ...more, volume: { ...volume, data: volume.data.slice() } } });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage(error instanceof UserError ? { mistake: message } : { trouble: message });
  }
};

/** Bounds the memory of WebAssembly: what needs more fails, as where there is none. */
function boundMemory(most: number): void {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + 2 ** 16 * pages > most) throw new RangeError('too much memory');
    return grow.call(this, pages);
  };
}

/** ITK's reader of a format, which the build puts beside this worker (vite.config.ts). */
async function loadReader(format: ItkFormat): Promise<Reader> {
  const at = (ending: string): string =>
    new URL(/* @vite-ignore */ `./${format}-read-image.${ending}`, import.meta.url).href;
  const { default: load } = await import(/* @vite-ignore */ at('js'));
  const wasmBinary = await (await fetch(at('wasm'))).arrayBuffer();
  return load({ wasmBinary });
}

/** The image, or undefined where ITK finds none. */
function decode(reader: Reader, data: Uint8Array, format: ItkFormat): ItkImage | undefined {
  const path = `image.${format}`;
  try {
    const { outputs } = run(
      reader,
      [path, '0', '1', '--memory-io'],
      [{ type: InterfaceTypes.JsonCompatible }, { type: InterfaceTypes.Image }],
      [{ type: InterfaceTypes.BinaryFile, data: { path, data } }],
    );
    return outputs[0]?.data ? (outputs[1]?.data as ItkImage) : undefined;
  } catch {
    return undefined;
  }
}
