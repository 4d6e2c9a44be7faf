import { join } from 'node:path';
import type { Synthetic } from '../dataset/synthetic.ts';
import { writeAtomically } from '../file/atomic.ts';
import { makeFolder } from '../file/newFolder.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { readVolume, writeLabels, writeVolume, writeWarp } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import {
  type DataWriter,
  type Generator,
  type GeneratorSettings,
  generate,
  type Made,
  type Making,
} from '../synthesis/generator.ts';

/**
 * Makes a dataset in a folder, which is complete afterwards or not there.
 * @throws UserError when the folder holds files or cannot be made, or a setting is wrong
 * @example await makeDataset('made', generator, { cases: 12, seed: 1 })
 */
export async function makeDataset<Settings extends GeneratorSettings>(
  out: string,
  generator: Generator<Settings>,
  settings: Readonly<Record<string, unknown>>,
  onProgress?: Making['onProgress'],
): Promise<Made & { readonly synthetic: Synthetic }> {
  const reader = { files: nodeFiles(), volume: readVolume };
  let made: Awaited<ReturnType<typeof generate>> | undefined;
  await makeFolder(out, async (folder) => {
    made = await generate(generator, settings, { writer: writerInto(folder), reader, ...given({ onProgress }) });
  });
  return made!;
}

function writerInto(folder: string): DataWriter {
  return {
    image: (path, volume) => writeVolume(join(folder, path), volume),
    labels: (path, labels) => writeLabels(join(folder, path), labels),
    warp: (path, warp) => writeWarp(join(folder, path), warp),
    text: (path, content) => writeAtomically(join(folder, path), content),
  };
}
