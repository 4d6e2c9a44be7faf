import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { checkManifest, readManifest } from './manifest.ts';
import { folderOf, join } from './paths.ts';

/** That data were made and not measured. */
export interface Synthetic {
  /** What stands before the word "pairs": `simulated` where a measurement is imitated, else `synthetic`. */
  readonly kind: 'synthetic' | 'simulated';
  /** How they were made, in sentences. */
  readonly description: string;
}

/** The file in a folder of made data that says so. */
export const SYNTHETIC_FILE = 'synthetic.json';

export const syntheticSchema = z.object({
  kind: z.enum(['synthetic', 'simulated']).default('synthetic'),
  description: z.string().min(1),
});

/** The files that say so, and their forms; the second is that of ultrasound that was simulated by EarthMorph 0.1. */
const FORMS: Readonly<Record<string, z.ZodType<Synthetic>>> = {
  [SYNTHETIC_FILE]: syntheticSchema.extend({ synthetic: z.literal(true) }),
  'simulation.json': syntheticSchema.extend({
    kind: z.literal('simulated').default('simulated'),
    simulated: z.literal(true),
  }),
};

/** How far above an image the file may lie: an image of RESECT's layout is two folders below it. */
const LEVELS = 3;

/**
 * What the folders say that images lie in, or a few folders up.
 * @param paths images
 * @returns undefined where nothing says that they are made
 * @throws UserError when a file that says so is damaged, since nothing made may pass for measured
 */
export async function syntheticAround(paths: readonly string[], files: FileSource): Promise<Synthetic | undefined> {
  const folders = paths.flatMap((path) => {
    let folder = path;
    return Array.from({ length: LEVELS }, () => {
      folder = folderOf(folder);
      return folder;
    });
  });
  for (const folder of new Set(folders)) {
    const found = await readSynthetic(folder, files);
    if (found) return found;
  }
  return undefined;
}

/** What a folder says of itself; throws as {@link syntheticAround}. */
export async function readSynthetic(folder: string, files: FileSource): Promise<Synthetic | undefined> {
  for (const [name, form] of Object.entries(FORMS)) {
    const path = join(folder, name);
    if (!(await files.exists(path))) continue;
    // No list of pairs may pass over it.
    const { kind, description } = checkManifest(path, await readManifest(path, files), form, UserError);
    return { kind, description };
  }
  return undefined;
}

/** A noun with what it is: `simulated pairs (The MRI is real; …)`; the noun alone where nothing is made. */
export function withKind(noun: string, synthetic: Synthetic | null | undefined): string {
  return synthetic ? `${synthetic.kind} ${noun} (${clause(synthetic)})` : noun;
}

/** The description without its last full stop, to stand inside a sentence. */
export function clause({ description }: Synthetic): string {
  return description.replace(/[.\s]+$/, '');
}
