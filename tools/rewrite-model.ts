/**
 * Writes a model file again as this version writes them, with all that such files carry today; the weights stay as they
 * are. With the folder of its run, or its record in `models/`, and the scans, it learns what it was trained on. With
 * `--passes`, each of its networks registers so often, one pass behind the other. With `--size`, its grid has so many
 * voxels along an edge.
 * Usage: tsx tools/rewrite-model.ts <model.onnx> [--passes 2,2] [--size 112] [<config.json or record> <folder of scans>]
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openDataset } from '../src/dataset/dataset.ts';
import { writeAtomically } from '../src/file/atomic.ts';
import { nodeFiles } from '../src/file/nodeFiles.ts';
import { given } from '../src/given.ts';
import { decodeModel, encodeModel } from '../src/network/model.ts';
import { type TrainedOn, trainedOn } from '../src/preparation/trainedOn.ts';
import { imagesOf } from '../src/training/trainModel.ts';
import type { Grid } from '../src/volume/grid.ts';
import { readCase } from '../src/workflow/readImage.ts';
import type { StoredConfig } from '../src/workflow/runFolder.ts';

const { values, positionals } = parseArgs({
  options: { passes: { type: 'string' }, size: { type: 'string' } },
  allowPositionals: true,
});
const [file, record, data] = positionals;
if (file === undefined || (record === undefined) !== (data === undefined))
  throw new Error(
    'Usage: tsx tools/rewrite-model.ts <model.onnx> [--passes 2,2] [--size 112] [<config.json or record> <folder of scans>]',
  );
const model = decodeModel(await readFile(file), file);
const seen = record === undefined || data === undefined ? {} : { trainedOn: await scansOf(record, data) };
const passes = values.passes?.split(',').map(Number);
const stages = model.stages.map((stage, n) => ({ ...stage, ...given({ passes: passes?.[n] }) }));
const preprocessing = {
  ...model.preprocessing,
  ...given({ size: values.size === undefined ? undefined : Number(values.size) }),
};
const bytes = encodeModel({ ...model, ...seen, preprocessing, stages });
decodeModel(bytes, file); // passes and sizes that no model can have end here
await writeAtomically(file, bytes);

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
