import { UserError } from '../errors.ts';
import { readLabels, readWarp } from '../file/volumeFile.ts';
import { hasInterior } from '../metric/jacobian.ts';
import type { Measure } from '../metric/measure.ts';
import { type LabelValues, measuresOf, type Values, valueIn } from '../metric/measures.ts';
import { headOf, manyDigits, valueText } from '../metric/measureText.ts';
import { agreement, regularity } from '../registration/assess.ts';
import { jsonOption } from './options.ts';
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
    .summary('measure Dice, distances of surfaces, and folds')
    .description(
      `Compares the fixed labels with the moved ones, label by label. Measures a warp. Measures of labels: ${namesOf('labels')}. Measures of a warp: ${namesOf('warp')}.`,
    )
    .option('--fixed-labels <file>', 'labels of the fixed image')
    .option('--moved-labels <file>', 'labels moved onto the fixed grid')
    .option('--warp <file>', 'warp to judge')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  earthmorph metrics --fixed-labels fixed.nii.gz --moved-labels moved.nii.gz --warp warp.nii.gz --json',
    )
    .action(run);
};

/** What is measured, in words. */
function namesOf(needs: 'labels' | 'warp'): string {
  const found: readonly Measure[] = needs === 'labels' ? measuresOf('labels') : measuresOf('warp');
  return found.map(({ name, summary }) => `${name}: ${summary}`).join('; ');
}

async function run({ fixedLabels, movedLabels, warp, json }: Options): Promise<void> {
  if ((fixedLabels === undefined) !== (movedLabels === undefined))
    throw new UserError('Give both --fixed-labels and --moved-labels; one of them alone cannot be compared.');
  if (fixedLabels === undefined && warp === undefined)
    throw new UserError('Give --fixed-labels and --moved-labels, or --warp, or all three.');
  const compared =
    fixedLabels !== undefined && movedLabels !== undefined ? await comparison(fixedLabels, movedLabels) : undefined;
  const shape = warp === undefined ? undefined : await shapeOf(warp, compared !== undefined);
  if (json) {
    printJson({ ...(compared ? { labels: compared.labels, ...compared.means } : {}), ...shape });
    return;
  }
  if (compared) {
    const found = measuresOf('labels');
    const row = (name: string, values: Values): string[] => [
      name,
      ...found.map((measure) => decimals(valueIn(values, measure.key), manyDigits(measure))),
    ];
    console.log(
      columns([
        ['label', ...found.map(headOf)],
        ...compared.labels.map(({ label, ...values }) => row(String(label), values)),
        row('mean', compared.means),
      ]),
    );
  }
  if (shape)
    console.log(
      measuresOf('warp')
        .map((measure) => valueText(measure, valueIn(shape, measure.key), undefined, manyDigits(measure)))
        .join(', '),
    );
}

/** @throws UserError when the two are not on one grid */
async function comparison(fixedPath: string, movedPath: string): Promise<LabelValues> {
  const [fixed, moved] = [await readLabels(fixedPath), await readLabels(movedPath)];
  return agreement(fixed, moved, [fixedPath, movedPath]);
}

/**
 * How a warp deforms space; of one with too few slices nothing, which is said.
 * @throws UserError when there is nothing else to measure
 */
async function shapeOf(path: string, hasOthers: boolean): Promise<Values | undefined> {
  const warp = await readWarp(path);
  if (hasInterior(warp)) return regularity(warp);
  if (!hasOthers)
    throw new UserError(`${path} has ${warp.size.join('×')} voxels, ${WITHOUT_JACOBIAN}; give a warp of more slices.`);
  console.error(`Note: ${path} has ${warp.size.join('×')} voxels, ${WITHOUT_JACOBIAN}, so folds are left out.`);
  return undefined;
}
