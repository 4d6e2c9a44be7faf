import { z } from 'zod';
import { given } from '../given.ts';
import type { Case, ImageFiles } from './dataset.ts';
import { defineLayout, LayoutError } from './layout.ts';
import {
  caseIds,
  checkManifest,
  type Entry,
  entrySchema,
  labelNames,
  labelsSchema,
  realEntries,
  showsOf,
  showsSchema,
} from './manifest.ts';
import { folderOf, join } from './paths.ts';

const schema = z.object({
  ...showsSchema.shape,
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
  if (new Set(real.map(({ moving }) => moving === undefined)).size > 1)
    throw new LayoutError(
      `'${path}' has moving images for only some of its cases: give one for every case, or for none.`,
    );
  return real
    .map((entry, i): Case => {
      const { moving } = entry;
      return { id: ids[i]!, ...filesOf(root, entry), ...(moving ? { moving: filesOf(root, moving) } : {}) };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function filesOf(root: string, { image, label }: Entry): ImageFiles {
  return { image: join(root, image), ...(label === undefined ? {} : { labels: join(root, label) }) };
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
    const { name, labels, training, ...words } = checkManifest(path, json, schema);
    const { description } = words;
    const shows = showsOf(words);
    const isMade = MADE.test(shows?.modality ?? '');
    return {
      ...given({ name, shows }),
      cases: entryCases(path, training),
      labelNames: labelNames(labels),
      ...(isMade && { synthetic: { kind: 'synthetic', description: description ?? 'dataset.json says so.' } }),
    };
  },
});
