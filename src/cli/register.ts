import { UserError } from '../errors.ts';
import { addModelOptions } from './modelOptions.ts';
import { choice, jsonOption } from './options.ts';
import { addProcessesOption } from './pairProcesses.ts';
import { addPlannedOptions } from './plannedOptions.ts';
import type { CommandDefinition } from './program.ts';
import { type ListOptions, registerList } from './registerList.ts';
import { type RegisterOptions, registerPair } from './registerPair.ts';

interface Options extends RegisterOptions, ListOptions {
  readonly pairs?: string;
}

/** `earthmorph register`: one pair, or many. */
export const registerCommand: CommandDefinition = (program) => {
  const command = program
    .command('register')
    .summary('move one scan onto another')
    .description(
      'Registers a moving scan onto a fixed one. It looks at the pair, says what it plans, aligns the two, and goes from coarse to fine. The result is a folder beside the moving scan: moved image, warp and its inverse, transform, report with a viewer; options name single files in its place. --model takes one pass through a trained network, --refine optimises on one grid; --pairs registers a list.',
    )
    .argument('[fixed]', 'scan that stays: a file, or a folder of DICOM slices')
    .argument('[moving]', 'scan that is moved onto it')
    .option('-f, --fixed <file>', 'the same, as an option')
    .option('-m, --moving <file>', 'the same, as an option')
    .option('--moved <file>', 'writes the moved scan, in the fixed grid: .nii, .nii.gz, .nrrd or .mha')
    .option('--warp <file>', 'writes the warp: .nii.gz (5-D), .nrrd or .mha, LPS mm, fixed point to moving point')
    .option('--inverse-warp <file>', 'writes the inverse warp, on the moving grid')
    .option(
      '--affine-transform <file>',
      'writes the transform of the alignment alone, as an ITK file: .tfm or .txt, LPS mm, fixed point to moving point',
    )
    .option(
      '--initial-transform <file>',
      'where the moving scan starts, in place of --init: a linear transform, fixed point to moving point (.tfm, .txt, .mat, .h5; inverse:<file> backwards); may be repeated, in the order of earthmorph warp',
      (file: string, others: readonly string[] = []) => [...others, file],
    )
    .option('--fixed-labels <file>', 'labels of the fixed scan, to measure the result')
    .option('--moving-labels <file>', 'labels of the moving scan')
    .option('--moved-labels <file>', 'writes the moved labels')
    .option(
      '--fixed-mask <file>',
      'segmentation of what counts of the fixed scan, or none for all of it (default: found from the scan; what evenly surrounds an ultrasound does not count)',
    )
    .option('--moving-mask <file>', 'the same of the moving scan')
    .option('--landmarks <file>', 'landmarks of both scans (.tag or .csv), to measure the result in mm')
    .option(
      '--fixed-points <which>',
      'with --landmarks: which points of a row are the fixed ones, first or second (default: second; RESECT has the MRI first, and it is moved)',
      choice(['first', 'second'] as const),
    )
    .option('--figure <file>', 'draws the result: .png or .svg')
    .option('--report <file>', 'writes an HTML report with an interactive viewer')
    .option(
      '--pairs <csv>',
      'registers many pairs: columns fixed,moving (and fixed_labels,moving_labels) with paths relative to --data or absolute',
    )
    .option('--data <dir>', "folder of the pairs' scans")
    .option(
      '-o, --out <dir>',
      "folder for the results (default: <moving>_to_<fixed> beside the moving scan); of a list: the pairs' moved_…, labels_…, warp_… and results.csv, results.json",
    )
    .option('--mean <file>', 'with --pairs that have one fixed scan: writes the mean of the moved scans')
    .option('--bids', "names the folder's files as BIDS names derivatives, after scans that have names of BIDS")
    .option('--plan', 'print what would be done as JSON, and stop');
  addProcessesOption(addPlannedOptions(addModelOptions(command)))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  earthmorph register fixed.nii.gz moving.nii.gz
  earthmorph register fixed.nii.gz moving.nii.gz --effort best --moved moved.nii.gz --warp warp.nii.gz
  earthmorph register fixed.nii.gz moving.nii.gz --loss pswd --levels 4:40,2:30
  earthmorph register t1.nii.gz t2.nii.gz --align rigid --levels none
  earthmorph register a.nii.gz b.nii.gz --model runs/ncc --report report.html
  earthmorph register --pairs pairs.csv --data Task04_Hippocampus --out registered`,
    )
    .action(run);
};

async function run(first: string | undefined, second: string | undefined, options: Options): Promise<void> {
  if (options.pairs !== undefined) {
    if (first !== undefined)
      throw new UserError('Give two scans, or a list of pairs with --pairs, --data and --out; not both.');
    return registerList(options.pairs, options);
  }
  if (first !== undefined && (options.fixed !== undefined || options.moving !== undefined))
    throw new UserError('The scans are given twice; leave out --fixed and --moving.');
  const { fixed = first, moving = second } = options;
  if (fixed === undefined || moving === undefined)
    throw new UserError(
      'Give two scans, first the one that stays, then the one that is moved; or a list of pairs with --pairs, --data and --out.',
    );
  return registerPair(fixed, moving, { ...options, fixed, moving });
}
