/**
 * The part of EarthMorph that reads and writes files: Node only.
 *
 * @packageDocumentation
 */

export { openDataset } from './dataset/dataset.ts';
export { fetchArchive, HIPPOCAMPUS } from './file/download.ts';
export { nodeFiles } from './file/nodeFiles.ts';
export { rasterise } from './file/rasterise.ts';
export { readTransforms, writeChain } from './file/transformFile.ts';
export { readLabels, readVolume, readWarp, writeLabels, writeVolume, writeWarp } from './file/volumeFile.ts';
export { makeDataset } from './workflow/makeDataset.ts';
export { readModel } from './workflow/modelFile.ts';
export { shippedModel, shippedModels } from './workflow/shippedModels.ts';
export { trainingRun } from './workflow/trainingRun.ts';
