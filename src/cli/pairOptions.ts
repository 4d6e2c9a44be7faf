import { UserError } from '../errors.ts';
import { readTransforms } from '../file/transformFile.ts';
import { given } from '../given.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import type { FixedSide } from '../registration/landmarkError.ts';
import type { Mat4 } from '../volume/grid.ts';
import { chainMatrix } from '../volume/transformChain.ts';
import type { PairFiles } from '../workflow/registerFiles.ts';

/** The transform at which a pair starts, RAS mm. */
export async function initialOf(files: readonly string[], init: InitialAlignment | undefined): Promise<Mat4> {
  if (init !== undefined)
    throw new UserError('--init and --initial-transform both set the start; give only one of them.');
  const matrix = chainMatrix(await readTransforms(files));
  if (!matrix)
    throw new UserError(
      `${files.join(', ')} holds a warp, but --initial-transform takes linear transforms; first apply the warp to the scan, with earthmorph warp.`,
    );
  return matrix;
}

/** What options say that belongs to a single pair. */
export interface PairOptions {
  readonly fixed?: string;
  readonly moving?: string;
  readonly moved?: string;
  readonly warp?: string;
  readonly inverseWarp?: string;
  readonly affineTransform?: string;
  readonly movedLabels?: string;
  readonly figure?: string;
  readonly report?: string;
  readonly initialTransform?: readonly string[];
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
  readonly fixedMask?: string;
  readonly movingMask?: string;
  readonly landmarks?: string;
  readonly fixedPoints?: FixedSide;
}

/** Options that name what a single pair is written to, and what is read of it. */
export const OUTPUTS = ['moved', 'warp', 'inverseWarp', 'affineTransform', 'movedLabels', 'figure', 'report'] as const;
export const INPUTS = [
  'fixed',
  'moving',
  'fixedLabels',
  'movingLabels',
  'fixedMask',
  'movingMask',
  'landmarks',
] as const;

/** The files of a pair that the options name. */
export function pairFilesOf(fixed: string, moving: string, options: PairOptions): PairFiles {
  const { fixedLabels, movingLabels, fixedMask, movingMask, landmarks, fixedPoints } = options;
  return {
    fixed,
    moving,
    ...given({ fixedLabels, movingLabels, fixedMask, movingMask }),
    ...(landmarks === undefined ? {} : pointsOf(landmarks, fixedPoints)),
  };
}

/** The two sides of a file with the landmarks of both scans. */
function pointsOf(path: string, fixed: FixedSide = 'second'): Pick<PairFiles, 'fixedLandmarks' | 'movingLandmarks'> {
  const moving = fixed === 'second' ? 'first' : 'second';
  return { fixedLandmarks: { path, side: fixed }, movingLandmarks: { path, side: moving } };
}

/** The command line as the user gave it. */
export function commandLine(): string {
  return ['earthmorph', ...process.argv.slice(2)].join(' ');
}
