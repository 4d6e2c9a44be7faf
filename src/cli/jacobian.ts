import { readWarp, writeVolume } from '../file/volumeFile.ts';
import { foldedPercent, jacobianDeterminant, sdLogJacobian } from '../metric/jacobian.ts';
import { cropPad } from '../volume/resample.ts';
import { assertOutputs, jsonOption } from './options.ts';
import { decimals, printJson, sayWritten } from './output.ts';
import type { CommandDefinition } from './program.ts';

interface Options {
  readonly warp: string;
  readonly out: string;
  readonly log?: boolean;
  readonly json?: boolean;
}

/** `earthmorph jacobian`: the map of how a warp changes volume. */
export const jacobianCommand: CommandDefinition = (program) => {
  program
    .command('jacobian')
    .summary('write the Jacobian determinants of a warp')
    .description(
      "Writes the Jacobian determinant at each voxel of the warp's grid. Above 1 the volume grows, below 1 it shrinks, at 0 or less it folds. The outermost voxels have no derivative: they get the value of the nearest voxel inside, and the printed numbers leave them out.",
    )
    .requiredOption('--warp <file>', 'warp to judge')
    .requiredOption('--out <file>', 'where to write the map: .nii, .nii.gz, .nrrd or .mha')
    .option('--log', 'write natural logarithms; determinants are clipped to 1e-9 … 1e9 before')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  earthmorph jacobian --warp warp.nii.gz --out log_jacobian.nii.gz --log')
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { warp, out, log, json } = options;
  await assertOutputs(options, ['out'], ['warp']);
  const field = await readWarp(warp);
  const interior = jacobianDeterminant(field);
  const determinants = interior.data;
  const values = log ? determinants.map((value) => Math.log(Math.min(Math.max(value, 1e-9), 1e9))) : determinants;
  await writeVolume(out, cropPad({ ...interior, data: values }, [-1, -1, -1], field.size, 'edge'));
  const found = {
    foldedPercent: foldedPercent(determinants),
    min: determinants.reduce((a, b) => Math.min(a, b)),
    max: determinants.reduce((a, b) => Math.max(a, b)),
    sdLogJacobian: sdLogJacobian(determinants),
  };
  if (json) printJson(found);
  else {
    console.log(
      `folded voxels ${decimals(found.foldedPercent, 4)} %, determinant ${decimals(found.min, 4)} to ${decimals(found.max, 4)}, SD of log Jacobian ${decimals(found.sdLogJacobian, 4)}`,
    );
    sayWritten(out);
  }
}
