import { UserError } from '../errors.ts';
import { readLabels, readWarp } from '../file/volumeFile.ts';
import { hasInterior } from '../metric/jacobian.ts';
import { agreement, type Regularity, regularity } from '../registration/assess.ts';
import { columns, decimals, printJson, WITHOUT_JACOBIAN } from './output.ts';
import type { CommandDefinition } from './program.ts';

interface Options {
  readonly fixedLabels?: string;
  readonly movedLabels?: string;
  readonly warp?: string;
  readonly json?: boolean;
}

/** `earthmorph metrics`: how well two segmentations agree, and how a warp deforms space. */
export const metricsCommand: CommandDefinition = (program) => {
  program
    .command('metrics')
    .summary('Dice, 95 % Hausdorff distance, folds')
    .description(
      'Compares the fixed labels with the moved ones (Dice, HD95 in mm, each label) and judges a warp (folds, SD of log Jacobian).',
    )
    .option('--fixed-labels <file>', 'labels of the fixed image')
    .option('--moved-labels <file>', 'labels moved onto the fixed grid')
    .option('--warp <file>', 'warp to judge')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  earthmorph metrics --fixed-labels fixed.nii.gz --moved-labels moved.nii.gz --warp warp.nii.gz --json',
    )
    .action(run);
};

async function run({ fixedLabels, movedLabels, warp, json }: Options): Promise<void> {
  if ((fixedLabels === undefined) !== (movedLabels === undefined))
    throw new UserError('Give both --fixed-labels and --moved-labels: one set of labels alone cannot be compared.');
  if (fixedLabels === undefined && warp === undefined)
    throw new UserError('Give --fixed-labels and --moved-labels, or --warp, or all three.');
  const compared =
    fixedLabels !== undefined && movedLabels !== undefined
      ? agreement(await readLabels(fixedLabels), await readLabels(movedLabels), [fixedLabels, movedLabels])
      : undefined;
  const shape = warp === undefined ? undefined : await regularityOf(warp, compared !== undefined);
  if (json) {
    printJson({ ...compared, ...shape });
    return;
  }
  if (compared)
    console.log(
      columns([
        ['label', 'Dice', 'HD95 (mm)'],
        ...compared.labels.map((l) => [String(l.label), decimals(l.dice, 4), decimals(l.hd95, 3)]),
        ['mean', decimals(compared.dice, 4), decimals(compared.hd95, 3)],
      ]),
    );
  if (shape)
    console.log(
      `folded voxels ${decimals(shape.foldedPercent, 4)} %, SD of log Jacobian ${decimals(shape.sdLogJacobian, 4)}`,
    );
}

/**
 * How a warp deforms space; of one with too few slices nothing, which is said.
 * @throws UserError when there is nothing else to measure
 */
async function regularityOf(path: string, hasOthers: boolean): Promise<Regularity | undefined> {
  const warp = await readWarp(path);
  if (hasInterior(warp)) return regularity(warp);
  if (!hasOthers)
    throw new UserError(`${path} has ${warp.size.join('×')} voxels, ${WITHOUT_JACOBIAN}; give a warp of more slices.`);
  console.error(`Note: ${path} has ${warp.size.join('×')} voxels, ${WITHOUT_JACOBIAN}, so folds are left out.`);
  return undefined;
}
