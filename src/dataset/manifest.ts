import { z } from 'zod';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { requirement } from '../schema.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { LayoutError, type Listing } from './layout.ts';
import { isVolumeFile, tidy, volumeName } from './paths.ts';
import { readText } from './textFile.ts';

const CHANNEL_0 = /_0000$/;

const imageSchema = z.object({ image: z.string(), label: z.string().optional() });

/**
 * An image with its labels, as the JSON files of the Decathlon and of Learn2Reg list them. A pair also has the image
 * that is moved onto it. Other keys are ignored.
 */
export const entrySchema = imageSchema.extend({ moving: imageSchema.optional() });

export type Entry = z.infer<typeof entrySchema>;

/** Names of labels: `{"1": "Anterior"}`, or one such map for each modality. */
export const labelsSchema = z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])).optional();

/** What a JSON file says of the scans in words; whatever has another form is passed over. */
export const showsSchema = z.object({
  description: z.string().min(1).optional().catch(undefined),
  modality: z
    .union([z.string().min(1), z.record(z.string(), z.string().min(1))])
    .optional()
    .catch(undefined),
});

/** The words of {@link showsSchema}, if any: the modalities, and the description for the anatomy. */
export function showsOf({ description, modality }: z.infer<typeof showsSchema>): Listing['shows'] {
  const words = typeof modality === 'object' ? Object.values(modality).join(' and ') : modality;
  if (!words && !description) return undefined;
  return given({ modality: words || undefined, anatomy: description });
}

/**
 * Reads a JSON file.
 *
 * @throws UserError when it is too large, no text, or not JSON.
 */
export async function readManifest(path: string, files: FileSource): Promise<unknown> {
  const text = await readText(path, files);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The reason may quote lines of the file.
    const reason = (error instanceof Error ? error.message : String(error)).replace(/[\s\p{Cc}]+/gu, ' ');
    throw new UserError(`'${path}' is not valid JSON (${reason}): correct the file or download it again.`);
  }
}

/**
 * Checks a parsed JSON file against its schema.
 *
 * @throws LayoutError, or the given kind of UserError, naming the first place that does not fit.
 */
export function checkManifest<T>(
  path: string,
  json: unknown,
  schema: z.ZodType<T>,
  Mistake: typeof UserError = LayoutError,
): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const place = issue.path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
  throw new Mistake(
    `'${path}' is not a description of a dataset, at '${place || 'the top'}' (it ${requirement(issue)}): correct the file.`,
  );
}

/** The names of the labels above 0. */
export function labelNames(labels: z.infer<typeof labelsSchema>): Record<number, string> {
  const names: Record<number, string> = {};
  const add = (key: string, name: string): void => {
    const label = Number(key);
    if (Number.isInteger(label) && label > 0) names[label] = name;
  };
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (typeof value === 'string') add(key, value);
    else for (const [inner, name] of Object.entries(value)) add(inner, name);
  }
  return names;
}

/** Leaves out what macOS adds to archives, tidies the paths, and lists no image twice (one with labels wins). */
export function realEntries(entries: readonly Entry[]): Entry[] {
  const byImage = new Map<string, Entry>();
  for (const entry of entries) {
    if (!isVolumeFile(entry.image)) continue;
    const image = tidy(entry.image);
    const known = byImage.get(image);
    if (known?.label !== undefined) continue;
    const { moving } = entry;
    byImage.set(image, {
      ...realImage(entry),
      ...(moving && isVolumeFile(moving.image) ? { moving: realImage(moving) } : {}),
    });
  }
  return [...byImage.values()];
}

function realImage({ image, label }: Entry): Entry {
  return { image: tidy(image), ...(label !== undefined && isVolumeFile(label) ? { label: tidy(label) } : {}) };
}

/**
 * The ids of images, in their order: the names of the files. If all end with the channel suffix `_0000`, it carries no
 * information and is dropped. With several channels, such as fixed and moving phase, it is kept.
 *
 * @throws LayoutError when two images would share an id.
 */
export function caseIds(images: readonly string[], source: string): string[] {
  const names = images.map(volumeName);
  const ids = names.every((name) => CHANNEL_0.test(name)) ? names.map((name) => name.replace(CHANNEL_0, '')) : names;
  const seen = new Map<string, string>();
  ids.forEach((id, i) => {
    const other = seen.get(id);
    if (other !== undefined) {
      throw new LayoutError(
        `'${source}' has two images named '${id}' ('${other}', '${images[i]}'): rename one of them.`,
      );
    }
    seen.set(id, images[i]!);
  });
  return ids;
}
