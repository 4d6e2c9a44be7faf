import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, isPaired } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import { readTransform, writeTransform } from '../file/transformFile.ts';
import { readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { ALIGNMENT_LOSS } from '../loss/alignmentLoss.ts';
import type { ChosenSimilarity } from '../loss/registry.ts';
import { centreOf, type InitialAlignment } from '../preparation/preprocessing.ts';
import type { AlignmentKind } from '../registration/alignment/motion.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import { type Registrar, register } from '../registration/register.ts';
import { alignmentLossOf, OWN, type TrainingConfig } from '../training/configuration.ts';
import { startOf } from '../training/trainModel.ts';
import type { Mat4 } from '../volume/grid.ts';
import { type PairFiles, registerFiles } from './registerFiles.ts';

/** How the pairs of a data set are aligned before a network sees them. */
interface CaseAlignment {
  readonly kind: AlignmentKind;
  readonly loss: ChosenSimilarity;
  readonly start: InitialAlignment;
  /** A usable name of a folder, another one for another transform or loss. */
  readonly name: string;
}

/** Where alignments are kept, and what works them out. */
interface CaseAlignmentOptions {
  /**
   * Folder of the alignments: the transforms lie in `<folder>/<name>/<case>.tfm`; what is there is not worked out
   * again.
   */
  readonly folder: string;
  readonly runtime?: RuntimeOptions;
}

/** The alignment that a training's settings ask for. */
export function caseAlignmentOf(config: TrainingConfig): CaseAlignment | undefined {
  const { affine: kind, affineLoss = ALIGNMENT_LOSS, loss, lossOptions } = config;
  if (kind === 'none') return undefined;
  const words =
    affineLoss === OWN ? [loss, ...Object.entries(lossOptions).map((option) => option.join('-'))] : [affineLoss];
  const name = affineLoss === ALIGNMENT_LOSS ? kind : [kind, ...words].join('_').replace(/[^A-Za-z0-9._-]+/g, '-');
  return { kind, loss: alignmentLossOf(config), start: startOf(config), name };
}

/**
 * Aligns the two images of each case by one transform, or finds the transforms where that was done.
 * @returns by the cases' ids; RAS mm, point of the case's own image → point of its moving image
 * @throws UserError when the cases are not pairs of two modalities, or a transform is damaged
 */
export async function caseAlignments(
  cases: readonly Case[],
  { kind, loss, start, name }: CaseAlignment,
  { folder: parent, runtime }: CaseAlignmentOptions,
  onAligned: (done: number, total: number) => void = () => undefined,
): Promise<ReadonlyMap<string, Mat4>> {
  if (!isPaired({ cases }))
    throw new UserError(
      'The setting "affine" (--align) aligns pairs of two modalities, and this data has no such pairs; leave it out.',
    );
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  const found = new Map<string, Mat4>();
  const options = { kind, loss };
  for (const { id, image, moving } of cases) {
    const file = join(folder, `${id}.tfm`);
    if (!existsSync(file) && moving) {
      const pair = { fixed: await readVolume(image), moving: await readVolume(moving.image) };
      const registered = await register(pair, undefined, { alignment: options, start, ...given({ runtime }) });
      await writeTransform(file, registered.alignment as Mat4, centreOf(pair.fixed));
    }
    // Read in any case: a resumed run gets the very same numbers.
    found.set(id, await transformOf(file));
    onAligned(found.size, cases.length);
  }
  return found;
}

/** @throws UserError when the transform that was found earlier is damaged */
async function transformOf(file: string): Promise<Mat4> {
  try {
    return await readTransform(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${file} is damaged; remove it, and the same command aligns that pair again.`);
  }
}

/** Registers a pair's files, aligned first by the transform of `own` where the model was trained with alignments. */
export async function registerAligned(
  registrar: Registrar,
  files: PairFiles,
  own: Case,
  alignment: CaseAlignment | undefined,
  { start, ...options }: CaseAlignmentOptions & { readonly start: InitialAlignment },
): Promise<RegisteredPair> {
  if (!alignment) return registerFiles(registrar, files, start);
  const alignments = await caseAlignments([own], alignment, options);
  return registerFiles(registrar, { ...files, aligned: alignments.get(own.id) as Mat4 }, start);
}
