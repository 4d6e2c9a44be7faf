/**
 * Draws the framework (the paper's Figure 1).
 * Usage: npm run framework                                       writes docs/images/framework.svg
 *        npm run framework -- --fixed a.nii.gz --moving b.nii.gz --model runs/pswd --out figure1.svg
 * The second shows slices of a pair as the model registers it; without --model the shipped one does.
 */
import { parseArgs } from 'node:util';
import { packageFile } from '../../src/file/packageFile.ts';
import { Registrar } from '../../src/registration/register.ts';
import { readModel } from '../../src/workflow/modelFile.ts';
import { writeFigure } from '../../src/workflow/pairReport.ts';
import { registerFiles } from '../../src/workflow/registerFiles.ts';
import { frameworkFigure } from './frameworkFigure.ts';
import type { FrameworkSlices } from './frameworkVolumes.ts';

const file = { type: 'string' } as const;
const { fixed, moving, model, out } = parseArgs({
  options: { fixed: file, moving: file, model: file, out: file },
}).values;

if (fixed === undefined && moving === undefined && model === undefined) {
  await writeFigure(out ?? packageFile('docs', 'images', 'framework.svg'), frameworkFigure());
} else {
  if (fixed === undefined || moving === undefined || out === undefined)
    throw new Error('A pair needs --fixed, --moving and --out.');
  await writeFigure(out, frameworkFigure({ slices: await registered(fixed, moving) }));
}

async function registered(fixed: string, moving: string): Promise<FrameworkSlices> {
  const registrar = new Registrar(await readModel(model));
  try {
    const pair = await registerFiles(registrar, { fixed, moving }, 'center');
    return { fixed: pair.fixed, moving: pair.before, moved: pair.moved, warp: pair.warp };
  } finally {
    await registrar.release();
  }
}
