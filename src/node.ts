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
export { makeDataset } from './run/makeDataset.ts';
export { readModel, shippedModel } from './run/modelFile.ts';
export { trainingRun } from './run/trainingRun.ts';
