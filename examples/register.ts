/**
 * Two scans in, the moved scan and the warp out.
 *
 *     npx tsx examples/register.ts fixed.nii.gz moving.nii.gz moved.nii.gz warp.nii.gz [model.onnx]
 *
 * Without a model, the one that ships with the package is used.
 */
import { register, regularity } from 'earthmorph';
import { readModel, readVolume, writeVolume, writeWarp } from 'earthmorph/node';

const [fixedFile, movingFile, movedFile, warpFile, modelFile] = process.argv.slice(2);
if (!fixedFile || !movingFile || !movedFile || !warpFile) {
  console.error('Give four files: fixed, moving, moved (to write) and warp (to write).');
  process.exit(2);
}

const model = await readModel(modelFile);
const fixed = await readVolume(fixedFile);
const moving = await readVolume(movingFile);

const { moved, warp } = await register({ fixed, moving }, model);
await writeVolume(movedFile, moved);
await writeWarp(warpFile, warp);
console.log(`Wrote ${movedFile} and ${warpFile}; ${regularity(warp).foldedPercent?.toFixed(3)} % of voxels folded.`);
