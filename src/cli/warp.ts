import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { assertLandmarkName, readLandmarks, writeLandmarks } from '../file/landmarkFile.ts';
import { readTransform } from '../file/transformFile.ts';
import { readLabels, readVolume, readWarp, writeLabels, writeVolume } from '../file/volumeFile.ts';
import { type FixedSide, landmarkError } from '../registration/landmarkError.ts';
import { looksLikeLabels } from '../volume/checks.ts';
import type { Grid, Vec3, Warp } from '../volume/grid.ts';
import type { Outside } from '../volume/interpolate.ts';
import { applyToPoint } from '../volume/matrix.ts';
import { applyWarp, linearWarp, reaches, warpPoints } from '../volume/warp.ts';
import { choice } from './options.ts';
import { sayWritten } from './output.ts';
import { assertOutputs } from './outputs.ts';
import type { CommandDefinition } from './program.ts';
import { checkOutside } from './unreachedLandmarks.ts';

/** Where points go: a warp's file, or a transform's with an image whose grid the result gets. */
interface Mapping {
  readonly warp?: string;
  readonly transform?: string;
  readonly reference?: string;
}

interface Options extends Mapping {
  readonly image?: string;
  readonly labels?: string;
  readonly landmarks?: string;
  readonly fixed?: FixedSide;
  readonly out: string;
  readonly interpolation?: 'linear' | 'nearest';
  readonly outside?: Outside;
}

/** `earthmorph warp`: moves an image, labels or landmarks through a warp or a linear transform. */
export const warpCommand: CommandDefinition = (program) => {
  program
    .command('warp')
    .summary('apply a warp to an image or to labels')
    .description(
      "Moves an image (linear interpolation) or labels (nearest voxel) through a warp; the result lies on the warp's grid.",
    )
    .option('--warp <file>', 'warp to apply')
    .option('--transform <file>', 'ITK transform file (.tfm, .txt) to apply instead of a warp')
    .option('--reference <file>', 'with --transform: the fixed image, whose grid the result gets')
    .option('--image <file>', 'image to move')
    .option('--labels <file>', 'labels to move')
    .option(
      '--landmarks <file>',
      'landmarks to move, RAS mm: points of the fixed image go to where the moving image has them',
    )
    .option(
      '--fixed <which>',
      'with --landmarks of two images: which are the fixed ones, first or second (default: second)',
      choice(['first', 'second'] as const),
    )
    .requiredOption('--out <file>', 'where to write the result: .nii, .nii.gz, .nrrd or .mha; landmarks .tag or .csv')
    .option('--interpolation <how>', 'linear (default) or nearest; for images', choice(['linear', 'nearest']))
    .option('--outside <value>', 'value outside the image, or edge to continue its border (default: 0)', outside)
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph warp --warp warp.nii.gz --image moving.nii.gz --out moved.nii.gz\n  earthmorph warp --warp warp.nii.gz --labels moving_labels.nii.gz --out moved_labels.nii.gz\n  earthmorph warp --transform affine.tfm --reference fixed.nii.gz --image moving.nii.gz --out moved.nii.gz',
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { image, labels, landmarks, fixed, out, interpolation, outside = 0 } = options;
  if ([image, labels, landmarks].filter((given) => given !== undefined).length !== 1)
    throw new UserError('Give either --image or --labels or --landmarks: one of them.');
  assertMapping(options, landmarks !== undefined);
  await assertOutputs(options, ['out'], ['image', 'labels', 'landmarks', 'warp', 'transform', 'reference']);
  if (landmarks !== undefined) await warpLandmarks(options, landmarks, fixed, out);
  if (image !== undefined) {
    const [field, moving] = [await fieldOf(options), await readVolume(image)];
    assertReaches(field, moving, options);
    if (interpolation !== 'nearest' && looksLikeLabels(moving))
      console.error(
        `earthmorph: ${image} looks like labels, which linear interpolation mixes; --labels is meant for them.`,
      );
    await writeVolume(out, applyWarp(field, moving, { interpolation: interpolation ?? 'linear', outside }));
  }
  if (labels !== undefined) {
    if (interpolation === 'linear')
      throw new UserError('Linear interpolation would mix labels; leave --interpolation away with --labels.');
    if (outside !== 'edge' && !(Number.isInteger(outside) && outside >= 0))
      throw new UserError(`--outside ${outside} is no label; give a whole number from 0 up, or edge.`);
    const [field, moving] = [await fieldOf(options), await readLabels(labels)];
    assertReaches(field, moving, options);
    await writeLabels(out, applyWarp(field, moving, { outside }));
  }
  sayWritten(out);
}

/** One warp, or one transform with the grid that images need. */
function assertMapping({ warp, transform, reference }: Mapping, points: boolean): void {
  if ((warp === undefined) === (transform === undefined))
    throw new UserError('Give either --warp or --transform: one of them.');
  if (transform !== undefined && reference === undefined && !points)
    throw new UserError('A transform has no grid of its own; give the fixed image with --reference.');
  if (reference !== undefined && (transform === undefined || points))
    throw new UserError('--reference belongs to --transform with an image or labels; leave it out.');
}

/** Demands that something is left of an image, unless the options say what lies outside it. */
function assertReaches(field: Warp, moving: Grid, { warp, transform, image, labels, outside }: Options): void {
  if (outside !== undefined || reaches(field, moving)) return;
  throw new UserError(
    `${warp ?? transform} takes no voxel of its grid into ${image ?? labels}, so nothing would be left of it; give the image that it was made for, or --outside 0.`,
  );
}

async function fieldOf({ warp, transform, reference }: Mapping): Promise<Warp> {
  if (warp !== undefined) return readWarp(warp);
  return linearWarp(await readVolume(reference as string), await readTransform(transform as string));
}

/** @throws UserError when a warp reaches none of the landmarks */
async function movedPoints(
  { warp, transform }: Mapping,
  names: readonly string[],
  points: readonly Vec3[],
  file: string,
): Promise<Vec3[]> {
  if (transform !== undefined) {
    const matrix = await readTransform(transform);
    return points.map((point) => applyToPoint(matrix, point));
  }
  const field = await readWarp(warp as string);
  const moved = warpPoints(field, points);
  checkOutside(landmarkError(names, { fixed: points, moving: moved }, field).landmarks, file, warp as string);
  return moved;
}

/** Fixed points become where the warp takes them; the moving image's stay beside them where the file holds both. */
async function warpLandmarks(mapping: Mapping, path: string, fixed: FixedSide | undefined, out: string): Promise<void> {
  assertLandmarkName(out);
  const landmarks = await readLandmarks(path);
  const both = landmarks.every(({ second }) => second !== undefined);
  const side = both ? (fixed ?? 'second') : 'first';
  const names = landmarks.map(({ name }, n) => name || String(n + 1));
  const points = landmarks.map((landmark) => (side === 'second' && landmark.second) || landmark.first);
  const moved = await movedPoints(mapping, names, points, path);
  const result = landmarks.map((landmark, n) => ({ ...landmark, [side]: moved[n] as Vec3 }));
  await writeLandmarks(out, result, `${side} points moved by EarthMorph`);
}

function outside(text: string): Outside {
  const value = Number(text);
  if (text === 'edge') return 'edge';
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number or edge.');
  return value;
}
