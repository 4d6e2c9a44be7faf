import type { ReadImage } from '../src/browser/protocol.ts';
import { UserError } from '../src/errors.ts';
import { secondsFor } from '../src/volume/foreignBounds.ts';
import { itkFormat, unreadByItk } from '../src/volume/itkLayout.ts';
import { onceInWorker } from './onceInWorker.ts';

/** What the worker answers: the image, what is wrong with the file, or that ITK itself could not be had. */
export type ItkAnswer = { readonly image: ReadImage } | { readonly mistake: string } | { readonly trouble: string };

/**
 * Reads GIPL, MRC, VTK and HDF5 with ITK, in a worker that is loaded for that alone, with the bounds that it has in
 * Node.
 * @throws UserError when the file is damaged, cut short, or not one 3-D volume
 */
export async function readWithItk(name: string, bytes: Uint8Array): Promise<ReadImage> {
  const worker = new Worker(new URL('./itkWorker.ts', import.meta.url), { type: 'module', name: 'itk' });
  const answer = await onceInWorker<ItkAnswer>(worker, { name, bytes }, secondsFor(bytes.length));
  if (!answer) throw unreadByItk(name, itkFormat(name));
  if ('trouble' in answer) throw new Error(answer.trouble);
  if ('mistake' in answer) throw new UserError(answer.mistake);
  return answer.image;
}
