import { join } from 'node:path';
import type { PointsFile } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import { readPointPairs } from '../file/landmarkFile.ts';
import { writeTransform } from '../file/transformFile.ts';
import { readLabels, readVolume, writeLabels, writeVolume, writeWarp } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { freeUnused } from '../memory.ts';
import { centreOf, type InitialAlignment } from '../preparation/preprocessing.ts';
import { judged, type RegisteredPair } from '../registration/judged.ts';
import type { PairRegistrar } from '../registration/register.ts';
import { assertSameGrid, isInside, looksLikeLabels } from '../volume/checks.ts';
import type { Labels, Mat4, Volume } from '../volume/grid.ts';
import { type InverseWarp, invertWarp } from '../volume/invertWarp.ts';
import type { PointPairs } from '../volume/landmarks.ts';

/** Files of a pair. */
export interface PairFiles {
  readonly fixed: string;
  readonly moving: string;
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
  readonly fixedLandmarks?: PointsFile;
  readonly movingLandmarks?: PointsFile;
  /** A segmentation of what counts, or `none` to let everything count; see {@link RegistrationPair}. */
  readonly fixedMask?: string;
  readonly movingMask?: string;
  /** A transform that was found earlier: RAS mm, fixed point → moving point. */
  readonly aligned?: Mat4;
}

/** Where results go; what is left out is not written. */
export interface OutputFiles {
  readonly moved?: string;
  readonly warp?: string;
  readonly inverseWarp?: string;
  /** The rigid or affine transform alone, as ITK's text file. */
  readonly affineTransform?: string;
  readonly movedLabels?: string;
}

/** Registers one pair of files and judges it. Nothing is written. */
export async function registerFiles(
  registrar: PairRegistrar,
  files: PairFiles,
  start?: InitialAlignment | Mat4,
): Promise<RegisteredPair> {
  const started = performance.now();
  const fixed = await readVolume(files.fixed);
  const moving = await readVolume(files.moving);
  warnAboutLabels(fixed, files.fixed);
  warnAboutLabels(moving, files.moving);
  const fixedLabels = await readMatchingLabels(files.fixedLabels, fixed, files.fixed);
  const movingLabels = await readMatchingLabels(files.movingLabels, moving, files.moving);
  const landmarks = await landmarksOf(files, fixed);
  const fixedMask = await readMask(files.fixedMask, fixed, files.fixed);
  const movingMask = await readMask(files.movingMask, moving, files.moving);
  const registration = await registrar.register(
    {
      fixed,
      moving,
      ...given({ fixedLabels, movingLabels, fixedMask, movingMask, aligned: files.aligned }),
    },
    start,
  );
  const known = { fixed, moving, fixedLabels, movingLabels, landmarks };
  return { ...judged(registration, known), seconds: (performance.now() - started) / 1000 };
}

/**
 * How well an inverse warp undoes the warp, in mm, over the moving image's voxels that come from the fixed image; see
 * {@link invertWarp}.
 */
export interface InverseResidual {
  readonly mean: number;
  readonly max: number;
}

/** Inverse warps of pairs that are written to a folder and to single files, while memory suffices. */
const inverses = new WeakMap<RegisteredPair, WeakRef<InverseWarp>>();

/**
 * Writes what was asked for.
 * @returns the residual of the inverse warp, where that was asked for
 */
export async function writeRegistration(
  pair: RegisteredPair,
  { moved, warp, inverseWarp, affineTransform, movedLabels }: OutputFiles,
): Promise<InverseResidual | undefined> {
  if (movedLabels !== undefined && !pair.movedLabels)
    throw new UserError('Moved labels need the labels of the moving image; give them with --moving-labels.');
  if (moved !== undefined) await writeVolume(moved, pair.moved);
  if (movedLabels !== undefined && pair.movedLabels) await writeLabels(movedLabels, pair.movedLabels);
  if (warp !== undefined) await writeWarp(warp, pair.warp);
  if (affineTransform !== undefined && pair.alignment)
    await writeTransform(affineTransform, pair.alignment, centreOf(pair.fixed));
  if (inverseWarp === undefined) return undefined;
  freeUnused(pair.moving);
  const inverse = inverses.get(pair)?.deref() ?? invertWarp(pair.warp, pair.moving, pair.inverse);
  inverses.set(pair, new WeakRef(inverse));
  await writeWarp(inverseWarp, inverse.warp);
  return { mean: inverse.meanResidual, max: inverse.residual };
}

/** A pair's files in a folder: moved_…, labels_… and warp_<name>.nii.gz. */
export function outputFiles(folder: string, name: string, hasLabels: boolean): OutputFiles {
  const file = (prefix: string): string => join(folder, `${prefix}_${name}.nii.gz`);
  return { moved: file('moved'), warp: file('warp'), ...(hasLabels ? { movedLabels: file('labels') } : {}) };
}

function warnAboutLabels(volume: Volume, path: string): void {
  if (looksLikeLabels(volume))
    console.error(
      `Note: ${path} looks like a label map, but registration compares images; give labels with --fixed-labels and --moving-labels.`,
    );
}

/** @throws UserError when the mask lies on another grid, or is empty */
async function readMask(
  path: string | undefined,
  image: Volume,
  imagePath: string,
): Promise<Labels | 'whole' | undefined> {
  if (path === undefined) return undefined;
  if (path === 'none') return 'whole';
  const mask = await readLabels(path);
  assertSameGrid(image, mask, imagePath, path);
  if (!mask.data.some((label) => label > 0))
    throw new UserError(
      `${path} is an empty mask, so nothing would be compared; give a mask with labels above 0, or none.`,
    );
  return mask;
}

/** The landmarks of a pair that the fixed image shows; undefined without any. */
async function landmarksOf(
  { fixed: path, fixedLandmarks, movingLandmarks }: PairFiles,
  fixed: Volume,
): Promise<PointPairs | undefined> {
  if (!fixedLandmarks || !movingLandmarks) return undefined;
  const pairs = await readPointPairs(fixedLandmarks, movingLandmarks);
  if (!pairs || pairs.fixed.some((point) => isInside(fixed, point))) return pairs;
  console.error(`Note: all landmarks of ${fixedLandmarks.path} lie outside ${path}, so no landmark error is computed.`);
  return undefined;
}

async function readMatchingLabels(
  path: string | undefined,
  image: Volume,
  imagePath: string,
): Promise<Labels | undefined> {
  if (path === undefined) return undefined;
  const labels = await readLabels(path);
  assertSameGrid(image, labels, imagePath, path);
  return labels;
}
