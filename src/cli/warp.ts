import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { assertLandmarkName, readLandmarks, writeLandmarks } from '../file/landmarkFile.ts';
import { assertChainName, readTransforms, transformPath, writeChain } from '../file/transformFile.ts';
import { assertWritable, readLabels, readVolume, readWarp, writeLabels, writeVolume } from '../file/volumeFile.ts';
import type { FixedSide } from '../registration/landmarkError.ts';
import { looksLikeLabels } from '../volume/checks.ts';
import type { Grid, Vec3, Warp } from '../volume/grid.ts';
import type { Outside } from '../volume/interpolate.ts';
import { chainPoints, chainWarp, leavesGrid, type TransformChain } from '../volume/transformChain.ts';
import { applyWarp, reaches } from '../volume/warp.ts';
import { assertOutputs, choice } from './options.ts';
import { sayWritten } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { checkOutside } from './unreachedLandmarks.ts';

/** Where points go: a warp's file, or those of transforms, with an image whose grid the result gets. */
interface Mapping {
  readonly warp?: string;
  readonly transform?: readonly string[];
  readonly reference?: string;
}

interface Options extends Mapping {
  readonly image?: string;
  readonly labels?: string;
  readonly landmarks?: string;
  readonly compose?: boolean;
  readonly fixed?: FixedSide;
  readonly out: string;
  readonly interpolation?: 'linear' | 'nearest';
  readonly outside?: Outside;
}

/** `earthmorph warp`: moves an image, labels or landmarks through a warp or a chain of transforms. */
export const warpCommand: CommandDefinition = (program) => {
  program
    .command('warp')
    .summary('apply a warp or a chain of transforms to an image, labels or landmarks')
    .description(
      'Moves an image (linear interpolation) or labels (nearest voxel) through a warp, or through several transforms with one interpolation. The order of transforms is that of ANTs: a point of the fixed image first goes through the first one given.',
    )
    .option('--warp <file>', 'warp to apply; the result lies on its grid')
    .option(
      '--transform <file>',
      'transform to apply instead: .tfm, .txt, .mat, .h5, or a warp (.nii.gz, .nrrd, .mha, .mhd); inverse:<file> inverts it; may be repeated',
      (file: string, others: readonly string[] = []) => [...others, file],
    )
    .option(
      '--reference <file>',
      'with --transform: the fixed image, whose grid the result gets (default: the grid of the first transform, if it is a warp)',
    )
    .option('--image <file>', 'image to move')
    .option('--labels <file>', 'labels to move')
    .option('--landmarks <file>', 'landmarks to move, in RAS mm: from the fixed image into the moving one')
    .option(
      '--compose',
      'write the transforms joined into one: a warp, an ITK composite (.h5), or .tfm or .txt if all are linear',
    )
    .option(
      '--fixed <which>',
      'with --landmarks of two images: which points are the fixed ones, first or second (default: second)',
      choice(['first', 'second'] as const),
    )
    .requiredOption(
      '--out <file>',
      'where to write the result: images .nii, .nii.gz, .nrrd or .mha; landmarks .tag or .csv; transforms also .h5, .tfm or .txt',
    )
    .option('--interpolation <how>', 'linear (default) or nearest; for images', choice(['linear', 'nearest']))
    .option('--outside <value>', 'value outside the image, or edge to repeat its border (default: 0)', outside)
    .addHelpText(
      'after',
      `
Examples:
  earthmorph warp --warp warp.nii.gz --image moving.nii.gz --out moved.nii.gz
  earthmorph warp --warp warp.nii.gz --labels moving_labels.nii.gz --out moved_labels.nii.gz
  earthmorph warp --transform affine.tfm --reference fixed.nii.gz --image moving.nii.gz --out moved.nii.gz
  earthmorph warp --transform 1Warp.nii.gz --transform 0GenericAffine.mat --image moving.nii.gz --out moved.nii.gz
  earthmorph warp --transform inverse:0GenericAffine.mat --transform 1InverseWarp.nii.gz --reference moving.nii.gz --image fixed.nii.gz --out back.nii.gz`,
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { image, labels, landmarks, compose, fixed, out, interpolation, outside = 0 } = options;
  if ([image, labels, landmarks, compose].filter((given) => given !== undefined).length !== 1)
    throw new UserError('Give exactly one of --image, --labels, --landmarks and --compose.');
  assertMapping(options, landmarks !== undefined);
  if (compose) assertChainName(out);
  else if (landmarks === undefined) assertWritable(out);
  const transforms = (options.transform ?? []).map((each) => ({ name: '--transform', path: transformPath(each) }));
  await assertOutputs(options, ['out'], ['image', 'labels', 'landmarks', 'warp', 'reference'], transforms);
  const chain = await chainOf(options);
  if (compose) await writeChain(out, chain, () => gridOf(options, chain));
  if (landmarks !== undefined) await warpLandmarks(chain, nameOf(options), landmarks, fixed, out);
  if (image !== undefined) {
    const [field, moving] = [await fieldOf(options, chain), await readVolume(image)];
    assertReaches(field, moving, options);
    if (interpolation !== 'nearest' && looksLikeLabels(moving))
      console.error(
        `earthmorph: ${image} looks like labels, and linear interpolation mixes labels; give it with --labels instead.`,
      );
    await writeVolume(out, applyWarp(field, moving, { interpolation: interpolation ?? 'linear', outside }));
  }
  if (labels !== undefined) {
    if (interpolation === 'linear')
      throw new UserError('Linear interpolation would mix labels; leave --interpolation out with --labels.');
    if (outside !== 'edge' && !(Number.isInteger(outside) && outside >= 0))
      throw new UserError(`--outside ${outside} is not a label; give a whole number from 0 up, or edge.`);
    const [field, moving] = [await fieldOf(options, chain), await readLabels(labels)];
    assertReaches(field, moving, options);
    await writeLabels(out, applyWarp(field, moving, { outside }));
  }
  sayWritten(out);
}

/** One warp, or transforms with the grid that images need. */
function assertMapping({ warp, transform, reference }: Mapping, points: boolean): void {
  if ((warp === undefined) === (transform === undefined))
    throw new UserError('Give either --warp or --transform, not both.');
  if (reference !== undefined && (transform === undefined || points))
    throw new UserError('--reference belongs to --transform with --image or --labels; leave it out.');
}

/** What messages call the warp or the transforms. */
function nameOf({ warp, transform = [] }: Mapping): string {
  return warp ?? transform.join(', ');
}

/** Demands that something is left of an image, unless the options say what lies outside it. */
function assertReaches(field: Warp, moving: Grid, { image, labels, outside, ...mapping }: Options): void {
  if (outside !== undefined || reaches(field, moving)) return;
  throw new UserError(
    `${nameOf(mapping)} leads every voxel of its grid outside ${image ?? labels}, so the result would be empty; give the image that it was made for, or --outside 0.`,
  );
}

async function chainOf({ warp, transform = [] }: Mapping): Promise<TransformChain> {
  return warp === undefined ? readTransforms(transform) : [{ warp: await readWarp(warp) }];
}

/** The grid of the result. */
async function gridOf({ reference }: Mapping, [first]: TransformChain): Promise<Grid> {
  if (reference !== undefined) return readVolume(reference);
  if (first && 'warp' in first && !first.inverse) return first.warp;
  throw new UserError('A linear transform has no grid; give the fixed image with --reference.');
}

async function fieldOf(mapping: Mapping, chain: TransformChain): Promise<Warp> {
  return chainWarp(chain, await gridOf(mapping, chain));
}

/** Fixed points become where the warp takes them; the moving image's stay beside them where the file holds both. */
async function warpLandmarks(
  chain: TransformChain,
  chainName: string,
  path: string,
  fixed: FixedSide | undefined,
  out: string,
): Promise<void> {
  assertLandmarkName(out);
  const landmarks = await readLandmarks(path);
  const both = landmarks.every(({ second }) => second !== undefined);
  const side = both ? (fixed ?? 'second') : 'first';
  const names = landmarks.map(({ name }, n) => name || String(n + 1));
  const points = landmarks.map((landmark) => (side === 'second' && landmark.second) || landmark.first);
  const leaves = leavesGrid(chain, points);
  checkOutside(
    names.map((name, n) => ({ name, ...(leaves[n] ? { outside: true } : {}) })),
    path,
    chainName,
  );
  const moved = chainPoints(chain, points);
  const result = landmarks.map((landmark, n) => ({ ...landmark, [side]: moved[n] as Vec3 }));
  await writeLandmarks(out, result, `${side} points moved by EarthMorph`);
}

function outside(text: string): Outside {
  const value = Number(text);
  if (text === 'edge') return 'edge';
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number or edge.');
  return value;
}
