import { z } from 'zod';
import { given } from '../given.ts';
import type { PairIds } from './dataset.ts';
import { entryCases } from './decathlon.ts';
import { findLabels, missingFiles } from './files.ts';
import { defineLayout } from './layout.ts';
import { checkManifest, type Entry, entrySchema, labelNames, labelsSchema, showsOf, showsSchema } from './manifest.ts';
import { folderOf, join } from './paths.ts';

const pairSchema = z.object({ fixed: z.string(), moving: z.string() });
const pairList = z.array(pairSchema).default([]);

/** One list of images, or one for each modality ({"0": [...], "1": [...]} in the tasks across modalities). */
const entryLists = z.union([z.array(entrySchema), z.record(z.string(), z.array(entrySchema))]);

const schema = z.object({
  ...showsSchema.shape,
  name: z.string().optional(),
  labels: labelsSchema,
  training: entryLists.default([]),
  training_paired_images: pairList,
  registration_val: pairList,
  registration_test: pairList,
  test_paired_images: pairList,
});

/** What only Learn2Reg writes. */
const MARKS = ['training_paired_images', 'registration_val', 'registration_test', 'pairings', 'registration_direction'];

interface ListedPair {
  readonly fixed: string;
  readonly moving: string;
  readonly split: PairIds['split'];
}

/** Every pair once, with the paths from the root. */
function listedPairs(root: string, description: z.infer<typeof schema>): ListedPair[] {
  const lists: [PairIds['split'], z.infer<typeof pairSchema>[]][] = [
    ['training', description.training_paired_images],
    ['validation', description.registration_val],
    ['test', [...description.registration_test, ...description.test_paired_images]],
  ];
  const unique = new Map<string, ListedPair>();
  // Some tasks list the validation pairs among the training pairs too: the later list wins.
  for (const [split, pairs] of lists) {
    for (const pair of pairs) {
      const [fixed, moving] = [join(root, pair.fixed), join(root, pair.moving)];
      unique.set(`${fixed}\n${moving}`, { fixed, moving, split });
    }
  }
  return [...unique.values()];
}

/**
 * The `<task>_dataset.json` of Learn2Reg (Hering et al., IEEE TMI 42(3), 2023; learn2reg.grand-challenge.org):
 * `training` lists images with optional labels. `training_paired_images`, `registration_val` and `registration_test`
 * list pairs `{"fixed": "./imagesTr/a_0001_0000.nii.gz", "moving": ...}`. Images that only pairs name become cases too,
 * with the labels beside them. Test pairs whose images the challenge keeps to itself are left out.
 */
export const learn2Reg = defineLayout({
  name: 'learn2reg',
  title: 'Learn2Reg',
  recognises({ manifest }) {
    const json = manifest?.json;
    return typeof json === 'object' && json !== null && MARKS.some((mark) => mark in json);
  },
  async list({ manifest, files }) {
    const { path, json } = manifest!;
    const root = folderOf(path);
    const description = checkManifest(path, json, schema);
    const training = description.training;
    const entries: Entry[] = Array.isArray(training) ? [...training] : Object.values(training).flat();
    const pairs = listedPairs(root, description);

    const testImages = pairs.filter(({ split }) => split === 'test').flatMap(({ fixed, moving }) => [fixed, moving]);
    const withheld = new Set(await missingFiles(testImages, files));
    const shipped = pairs.filter(
      ({ fixed, moving, split }) => split !== 'test' || !(withheld.has(fixed) || withheld.has(moving)),
    );

    const listed = new Set(entries.map(({ image }) => join(root, image)));
    for (const image of new Set(shipped.flatMap(({ fixed, moving }) => [fixed, moving]))) {
      if (listed.has(image)) continue;
      const labels = await findLabels({ root, cases: [] }, image, files);
      const below = (found: string): string => found.slice(root.length);
      entries.push(labels === undefined ? { image: below(image) } : { image: below(image), label: below(labels) });
    }

    const cases = entryCases(path, entries);
    const ids = new Map(cases.map(({ id, image }) => [image, id]));
    const officialPairs = shipped.flatMap(({ fixed, moving, split }): PairIds[] => {
      const [fixedId, movingId] = [ids.get(fixed), ids.get(moving)];
      return fixedId === undefined || movingId === undefined ? [] : [{ fixed: fixedId, moving: movingId, split }];
    });
    const { name, labels: names } = description;
    return { ...given({ name, shows: showsOf(description) }), cases, labelNames: labelNames(names), officialPairs };
  },
});
