import { openDataset } from '../dataset/dataset.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { caseAlignments } from '../run/caseAlignments.ts';
import { trainingConfig } from '../training/configuration.ts';
import { startOf } from '../training/trainModel.ts';
import type { ExperimentFolder } from './experimentFolder.ts';

/**
 * Aligns the pairs of an experiment whose settings ask for it, once for all its trials: these find the transforms in its folder.
 * @param onAligned after each pair
 */
export async function alignCases(
  folder: ExperimentFolder,
  runtime: RuntimeOptions,
  signal: AbortSignal,
  onAligned: (done: number, total: number) => void,
): Promise<void> {
  const asked = new Map(
    folder.trials().flatMap(({ settings }) => {
      const config = trainingConfig(settings);
      return config.affine === 'none' ? [] : [[config.affine, startOf(config)] as const];
    }),
  );
  if (asked.size === 0) return;
  const { cases } = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
  const used = cases.filter(({ id }) => folder.stored.caseIds.includes(id));
  for (const [kind, start] of asked)
    await caseAlignments(used, { folder: folder.alignmentsOf(kind), kind, start, runtime }, (done, total) => {
      signal.throwIfAborted();
      onAligned(done, total);
    });
}
