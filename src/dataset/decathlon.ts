import { z } from 'zod';
import { given } from '../given.ts';
import type { Case } from './dataset.ts';
import { defineLayout } from './layout.ts';
import { caseIds, checkManifest, type Entry, entrySchema, labelNames, labelsSchema, realEntries } from './manifest.ts';
import { folderOf, join } from './paths.ts';

const schema = z.object({
  name: z.string().optional(),
  description: z.string().min(1).optional().catch(undefined),
  modality: z.unknown().optional(),
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

/** What says in a `dataset.json` that the images are made, as in the phantoms' own. */
const MADE = /synthetic|simulated/i;

/**
 * The `dataset.json` of the Medical Segmentation Decathlon (Antonelli et al., Nat Commun 13, 2022):
 * `training: [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]` and `labels: {"1": "Anterior"}`.
 * Its test images have no labels and are left out; so are the `._` files of macOS. A `modality` called synthetic says
 * that the images are made.
 */
export const decathlon = defineLayout({
  name: 'decathlon',
  title: 'Decathlon',
  recognises: ({ manifest }) => manifest !== undefined,
  async list({ manifest }) {
    const { path, json } = manifest!;
    const { name, description, modality, labels, training } = checkManifest(path, json, schema);
    const isMade = MADE.test(JSON.stringify(modality) ?? '');
    return {
      ...given({ name }),
      cases: entryCases(path, training),
      labelNames: labelNames(labels),
      ...(isMade && { synthetic: { kind: 'synthetic', description: description ?? 'dataset.json says so.' } }),
    };
  },
});
