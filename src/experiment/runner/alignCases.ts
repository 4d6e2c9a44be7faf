import { openDataset } from '../../dataset/dataset.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import type { RuntimeOptions } from '../../graph/index.ts';
import { trainingConfig } from '../../training/configuration.ts';
import { caseAlignmentOf, caseAlignments } from '../../workflow/caseAlignments.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';

/**
 * Aligns the pairs of an experiment whose settings ask for it, once for all its trials: these find the transforms in
 * its folder.
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
      const alignment = caseAlignmentOf(trainingConfig(settings));
      return alignment ? [[alignment.name, alignment] as const] : [];
    }),
  );
  if (asked.size === 0) return;
  const { cases } = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
  const used = cases.filter(({ id }) => folder.stored.caseIds.includes(id));
  for (const alignment of asked.values())
    await caseAlignments(used, alignment, { folder: folder.alignments, runtime }, (done, total) => {
      signal.throwIfAborted();
      onAligned(done, total);
    });
}
