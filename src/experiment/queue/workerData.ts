import { realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { type ImageFiles, openDataset } from '../../dataset/dataset.ts';
import { UserError } from '../../errors.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import type { ExperimentConfig } from '../protocol/configuration.ts';

/**
 * The folder of scans that a worker may read, without links.
 * @throws UserError when it is not there
 */
export async function dataFolder(path: string): Promise<string> {
  return realpath(path).catch(() => {
    throw new UserError(`There is no folder '${path}'; give the folder of the scans with --data.`);
  });
}

/**
 * Makes sure that the scans of a job lie in the worker's folder, links followed: what asks for them is a job, which
 * anybody may have written.
 * @throws UserError when one does not, or the folder lacks a case
 */
export async function assertInside(
  folder: string,
  { mri }: ExperimentConfig,
  caseIds: readonly string[],
): Promise<void> {
  const { cases } = await openDataset(folder, nodeFiles(), { mri });
  const byId = new Map(cases.map((each) => [each.id, each]));
  for (const id of caseIds) {
    const found = byId.get(id);
    if (!found) throw new UserError(`The folder ${folder} lacks a case of a job on the queue; complete the folder.`);
    for (const path of [...filesOf(found), ...(found.moving ? filesOf(found.moving) : [])]) {
      const real = await realpath(path).catch(() => resolve(path));
      const way = relative(folder, real);
      if (way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way)
        throw new UserError(
          `${path} leads to ${real}, which is outside ${folder}, and a worker reads no other folder; give a --data that holds both, or put the file itself there.`,
        );
    }
  }
}

function filesOf({ image, labels, landmarks }: ImageFiles): string[] {
  // Labels may name a volume of a file: path,number.
  return [
    image,
    ...(labels === undefined ? [] : [labels.replace(/,\d+$/, '')]),
    ...(landmarks ? [landmarks.path] : []),
  ];
}
