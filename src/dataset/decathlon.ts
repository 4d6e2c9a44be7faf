import { z } from 'zod';
import type { Case, Dataset } from './dataset.ts';
import { caseIds, checkManifest, type Entry, entrySchema, labelNames, labelsSchema, realEntries } from './manifest.ts';
import { baseName, folderOf, join } from './paths.ts';

const schema = z.object({
  name: z.string().optional(),
  labels: labelsSchema,
  training: z.array(entrySchema),
});

/** Cases in ascending order of id, with paths from the root, out of the entries of a JSON file. */
export function entryCases(path: string, entries: readonly Entry[]): Case[] {
  const root = folderOf(path);
  const real = realEntries(entries);
  const ids = caseIds(
    real.map(({ image }) => image),
    path,
  );
  return real
    .map(({ image, label }, i): Case => {
      const found = { id: ids[i]!, image: join(root, image) };
      return label === undefined ? found : { ...found, labels: join(root, label) };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Reads the `dataset.json` of the Medical Segmentation Decathlon (Antonelli et al., Nat Commun 13, 2022):
 * `training: [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]` and `labels: {"1": "Anterior"}`.
 * Its test images have no labels and are left out; so are the `._` files of macOS.
 *
 * @param path Of the JSON file; `json` is its parsed content.
 * @throws UserError when the content does not fit, or two images share a name.
 */
export function readDecathlon(path: string, json: unknown): Dataset {
  const description = checkManifest(path, json, schema);
  return {
    name: description.name ?? baseName(folderOf(path)),
    root: folderOf(path),
    layout: 'decathlon',
    cases: entryCases(path, description.training),
    labelNames: labelNames(description.labels),
  };
}
