/**
 * Writes a model file again as this version writes them, with all that such files carry today; the weights stay as they
 * are. With the folder of its run, or its record in `models/`, and the scans, it learns what it was trained on.
 * Usage: tsx tools/rewrite-model.ts <model.onnx> [<config.json or record> <folder of scans>]
 */
import { readFile } from 'node:fs/promises';
import { openDataset } from '../src/dataset/dataset.ts';
import { writeAtomically } from '../src/file/atomic.ts';
import { nodeFiles } from '../src/file/nodeFiles.ts';
import { decodeModel, encodeModel } from '../src/network/model.ts';
import { type TrainedOn, trainedOn } from '../src/preparation/trainedOn.ts';
import { imagesOf } from '../src/training/trainModel.ts';
import type { Grid } from '../src/volume/grid.ts';
import { readCase } from '../src/workflow/readImage.ts';
import type { StoredConfig } from '../src/workflow/runFolder.ts';

const [file, record, data] = process.argv.slice(2);
if (file === undefined || (record === undefined) !== (data === undefined))
  throw new Error('Usage: tsx tools/rewrite-model.ts <model.onnx> [<config.json or record> <folder of scans>]');
const model = decodeModel(await readFile(file), file);
const seen = record === undefined || data === undefined ? {} : { trainedOn: await scansOf(record, data) };
await writeAtomically(file, encodeModel({ ...model, ...seen }));

/** What the training and validation cases of a run are. */
async function scansOf(run: string, folder: string): Promise<TrainedOn> {
  const { split } = runOf(JSON.parse(await readFile(run, 'utf8')));
  const dataset = await openDataset(folder, nodeFiles());
  const used = new Set([...split.train, ...split.validation]);
  const grids: Grid[] = [];
  for (const entry of dataset.cases)
    if (used.has(entry.id)) grids.push(...imagesOf([{ id: entry.id, ...(await readCase(entry)) }]));
  if (grids.length < used.size) throw new Error(`${folder} lacks cases of ${run}.`);
  return trainedOn(grids, { ...dataset.shows, synthetic: dataset.synthetic !== undefined });
}

function runOf(stored: Pick<StoredConfig, 'split'> | { readonly stages: readonly StoredConfig[] }) {
  return 'stages' in stored ? (stored.stages[0] as StoredConfig) : stored;
}
