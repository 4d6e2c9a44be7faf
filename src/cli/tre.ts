import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { readLandmarks } from '../file/landmarkFile.ts';
import { readWarp } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { mean, standardDeviation } from '../metric/statistics.ts';
import {
  type CaseError,
  type ErrorSummary,
  type FixedSide,
  landmarkError,
  sidesOf,
} from '../registration/landmarkError.ts';
import { correspondingPoints, firstPoints, type Landmark, type PointPairs } from '../volume/landmarks.ts';
import { choice, jsonOption } from './options.ts';
import { columns, decimals, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { checkOutside } from './unreachedLandmarks.ts';

interface Options {
  readonly landmarks: readonly string[];
  readonly movingLandmarks?: string;
  readonly warp?: string;
  readonly fixedPoints?: FixedSide;
  readonly json?: boolean;
}

/** `earthmorph tre`: how far landmarks are apart, before and after registration. */
export const treCommand: CommandDefinition = (program) => {
  program
    .command('tre')
    .summary('measure landmark distances before and after registration')
    .description(
      'Measures the target registration error: the distance of corresponding landmarks in mm, before and after a warp. For several files or a folder, it prints each case and the mean over cases.',
    )
    .requiredOption(
      '--landmarks <path...>',
      'MNI tag files, CSV (x,y,z or x1,…,z2; RAS mm), label volumes, or folders of tag files',
    )
    .option(
      '--moving-landmarks <file>',
      'landmarks of the moving image, if --landmarks holds only those of the fixed one. They are paired by name or label; without names, by row',
    )
    .option('--warp <file>', 'warp of a registration; without it, only the distances before are measured')
    .option(
      '--fixed-points <which>',
      'in a file with two images: which points are the fixed ones, first or second (default: second; RESECT has the MRI first, and it is moved)',
      choice(['first', 'second'] as const),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph tre --landmarks Case1-MRI-beforeUS.tag --warp warp.nii.gz --json\n  earthmorph tre --landmarks RESECT/NIFTI',
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { landmarks, movingLandmarks, warp, fixedPoints, json } = options;
  const files = (await Promise.all(landmarks.map(tagFiles))).flat();
  if (files.length > 1 && (warp !== undefined || movingLandmarks !== undefined))
    throw new UserError('A warp and --moving-landmarks belong to one case; give one file with --landmarks.');
  if (movingLandmarks !== undefined && fixedPoints !== undefined)
    throw new UserError('With --moving-landmarks, --landmarks are the fixed ones; leave --fixed-points out.');
  const field = warp === undefined ? undefined : await readWarp(warp);
  const cases: (CaseError & { readonly file: string })[] = [];
  for (const file of files) {
    const points = await readLandmarks(file);
    const pairs =
      movingLandmarks === undefined
        ? sidesOf(points, fixedPoints ?? 'second', file)
        : await paired(points, file, movingLandmarks);
    cases.push({ file, ...landmarkError(pairs.names, pairs, field) });
  }
  if (warp !== undefined) for (const { file, landmarks } of cases) checkOutside(landmarks, file, warp);
  if (cases.length === 1) printOne(cases[0] as CaseError, json);
  else printMany(cases, json);
}

/** A file itself; of a folder, all tag files in it and below. */
async function tagFiles(path: string): Promise<string[]> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  const found = names.filter((name) => /-MRI-beforeUS\.tag$/i.test(name));
  const chosen = found.length > 0 ? found : names.filter((name) => name.toLowerCase().endsWith('.tag'));
  if (chosen.length === 0)
    throw new UserError(`${path} holds no .tag files; give a folder with such files, or the files themselves.`);
  return chosen.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((name) => join(path, name));
}

async function paired(fixed: readonly Landmark[], file: string, movingFile: string): Promise<PointPairs> {
  const moving = await readLandmarks(movingFile);
  for (const [path, landmarks] of [
    [file, fixed],
    [movingFile, moving],
  ] as const)
    if (landmarks.some(({ second }) => second))
      throw new UserError(`${path} holds the points of both images; give it with --landmarks alone.`);
  return correspondingPoints(firstPoints(fixed), firstPoints(moving), [file, movingFile]);
}

function printOne({ landmarks, before, after, outside }: CaseError, json?: boolean): void {
  if (json) {
    printJson({ landmarks, before, ...given({ after }), outside });
    return;
  }
  const row = (name: string, a: number, b: number | undefined): string[] => [
    name,
    decimals(a, 3),
    ...(after ? [decimals(b, 3)] : []),
  ];
  console.log(
    columns([
      ['landmark', 'before (mm)', ...(after ? ['after (mm)'] : [])],
      ...landmarks.map((entry) => row(entry.name, entry.before, entry.after)),
      row('mean', before.mean, after?.mean),
      row('SD', before.sd, after?.sd),
      row('maximum', before.max, after?.max),
    ]),
  );
}

/** Mean and SD over cases of each case's mean, as the paper aggregates. */
function printMany(cases: readonly (CaseError & { readonly file: string })[], json?: boolean): void {
  const means = cases.map(({ before }) => before.mean);
  const before: ErrorSummary = {
    mean: mean(means),
    sd: standardDeviation(means),
    max: means.reduce((a, b) => Math.max(a, b)),
  };
  if (json) {
    printJson({ cases, before });
    return;
  }
  console.log(
    columns([
      ['case', 'landmarks', 'mean (mm)', 'SD', 'maximum'],
      ...cases.map(({ file, landmarks, before: own }) => [
        file,
        String(landmarks.length),
        decimals(own.mean, 4),
        decimals(own.sd, 4),
        decimals(own.max, 4),
      ]),
      [
        'mean over cases',
        String(cases.length),
        decimals(before.mean, 4),
        decimals(before.sd, 4),
        decimals(before.max, 4),
      ],
    ]),
  );
}
