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
      'Registers a moving scan onto a fixed one. It looks at the pair, prints a plan, aligns the two scans, and deforms the moving one from coarse to fine. It writes a folder beside the moving scan: moved scan, warp, inverse warp, transform, report with a viewer. Options that name files write those instead. --model registers by a trained network, --refine on one grid, --pairs a list of pairs.',
    )
    .argument('[fixed]', 'fixed scan: a file, or a folder of DICOM slices')
    .argument('[moving]', 'scan that is moved onto the fixed one')
    .option('-f, --fixed <file>', 'the same, as an option')
    .option('-m, --moving <file>', 'the same, as an option')
    .option('--moved <file>', 'write the moved scan, on the grid of the fixed one: .nii, .nii.gz, .nrrd or .mha')
    .option('--warp <file>', 'write the warp: .nii.gz (5-D), .nrrd or .mha; LPS mm, fixed point to moving point')
    .option('--inverse-warp <file>', 'write the inverse warp, on the grid of the moving scan')
    .option(
      '--affine-transform <file>',
      'write the transform of the alignment as an ITK file: .tfm or .txt; LPS mm, fixed point to moving point',
    )
    .option(
      '--initial-transform <file>',
      'start from this linear transform, in place of --init: .tfm, .txt, .mat or .h5, fixed point to moving point; inverse:<file> inverts it; may be repeated, in the order of earthmorph warp',
      (file: string, others: readonly string[] = []) => [...others, file],
    )
    .option('--fixed-labels <file>', 'labels of the fixed scan; they measure the result')
    .option('--moving-labels <file>', 'labels of the moving scan')
    .option('--moved-labels <file>', 'write the moved labels')
    .option(
      '--fixed-mask <file>',
      'mask of the region of the fixed scan that is compared, or none for the whole scan (default: found from the scan, without the uniform surroundings of an ultrasound)',
    )
    .option('--moving-mask <file>', 'the same of the moving scan')
    .option('--landmarks <file>', 'landmarks of both scans (.tag or .csv); they measure the result in mm')
    .option(
      '--fixed-points <which>',
      'with --landmarks: which points of a row are the fixed ones, first or second (default: second, as in RESECT, whose first ones are of the MRI, which is moved)',
      choice(['first', 'second'] as const),
    )
    .option('--figure <file>', 'draw the result: .png or .svg')
    .option('--report <file>', 'write an HTML report with an interactive viewer')
    .option(
      '--pairs <csv>',
      'register a list of pairs: columns fixed,moving (and fixed_labels,moving_labels); paths are absolute or relative to --data',
    )
    .option('--data <dir>', "folder of the pairs' scans")
    .option(
      '-o, --out <dir>',
      'folder of the results (default: <moving>_to_<fixed> beside the moving scan). Of a list it gets moved_…, labels_… and warp_… of each pair, results.csv and results.json',
    )
    .option('--mean <file>', 'with --pairs onto one fixed scan: write the mean of the moved scans')
    .option('--bids', 'name the files in the folder as BIDS derivatives; the scans must have BIDS names')
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
      'Give two scans, first the fixed one, then the moving one; or a list of pairs with --pairs, --data and --out.',
    );
  return registerPair(fixed, moving, { ...options, fixed, moving });
}
