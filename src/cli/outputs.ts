import { join } from 'node:path';
import { fileAndVolume } from '../dataset/paths.ts';
import { assertDistinctFiles, type NamedFile } from '../file/distinctFiles.ts';
import { optionName } from './options.ts';

/**
 * Checks, before work begins, that none of the options that name outputs names the file of another, or a file that is
 * read.
 * @param moreInputs What is read beside what options name.
 * @throws UserError when one does
 */
export async function assertOutputs<Options extends object>(
  options: Options,
  outputs: readonly (keyof Options & string)[],
  inputs: readonly (keyof Options & string)[],
  moreInputs: readonly NamedFile[] = [],
): Promise<void> {
  const filesOf = (keys: readonly (keyof Options & string)[]): NamedFile[] =>
    keys.flatMap((key) => {
      const path = options[key];
      if (typeof path !== 'string') return [];
      // A model may be named by the folder of its run.
      const paths = key === 'model' ? [path, join(path, 'model.onnx')] : [fileAndVolume(path).file];
      return paths.map((each) => ({ name: optionName(key), path: each }));
    });
  await assertDistinctFiles(filesOf(outputs), [...filesOf(inputs), ...moreInputs]);
}
