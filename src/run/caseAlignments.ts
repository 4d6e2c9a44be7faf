import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, isPaired } from '../dataset/dataset.ts';
import { centreOf, type InitialAlignment } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import { readTransform, writeTransform } from '../file/transformFile.ts';
import { readVolume } from '../file/volumeFile.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import type { AffineKind } from '../registration/affineMotion.ts';
import { type Registrar, register } from '../registration/register.ts';
import type { Mat4 } from '../volume/grid.ts';
import { type PairFiles, type RegisteredPair, registerFiles } from './registerFiles.ts';

/** How the pairs of a data set are aligned before a network sees them. */
export interface CaseAlignmentOptions {
  /** Folder of the transforms, one `<case>.tfm` each; what is there is not worked out again. */
  readonly folder: string;
  readonly kind: AffineKind;
  readonly start: InitialAlignment;
  readonly runtime?: RuntimeOptions;
}

/**
 * Aligns the two images of each case by one transform, by normalised mutual information, or finds the transforms where that was done.
 * @returns by the cases' ids; RAS mm, point of the case's own image → point of its moving image
 * @throws UserError when the cases are not pairs of two modalities
 */
export async function caseAlignments(
  cases: readonly Case[],
  { folder, kind, start, runtime }: CaseAlignmentOptions,
  onAligned: (done: number, total: number) => void = () => undefined,
): Promise<ReadonlyMap<string, Mat4>> {
  if (!isPaired({ cases }))
    throw new UserError('The setting "affine" aligns pairs of two modalities, and these scans are none; leave it out.');
  await mkdir(folder, { recursive: true });
  const found = new Map<string, Mat4>();
  const affine = { kind, loss: chooseSimilarity('nmi') };
  for (const { id, image, moving } of cases) {
    const file = join(folder, `${id}.tfm`);
    if (!existsSync(file) && moving) {
      const pair = { fixed: await readVolume(image), moving: await readVolume(moving.image) };
      const registered = await register(pair, undefined, { affine, start, ...(runtime ? { runtime } : {}) });
      await writeTransform(file, registered.affine as Mat4, centreOf(pair.fixed));
    }
    // Read in any case: a resumed run gets the very same numbers.
    found.set(id, await readTransform(file));
    onAligned(found.size, cases.length);
  }
  return found;
}

/** Registers a pair's files, aligned first by the transform of `own` where a model was trained so; `kind` none: as they start. */
export async function registerAligned(
  registrar: Registrar,
  files: PairFiles,
  own: Case,
  options: Omit<CaseAlignmentOptions, 'kind'> & { readonly kind: AffineKind | 'none' },
): Promise<RegisteredPair> {
  const { kind, start } = options;
  if (kind === 'none') return registerFiles(registrar, files, start);
  const alignments = await caseAlignments([own], { ...options, kind });
  return registerFiles(registrar, { ...files, aligned: alignments.get(own.id) as Mat4 }, start);
}
