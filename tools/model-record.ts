/**
 * Writes the record of a shipped model: how it was trained, its curves, how it does on held-out pairs.
 * Usage: tsx tools/model-record.ts <model name> <evaluation.json> <run> [<run that refines it> …]
 * where evaluation.json is what `earthmorph evaluate --json` printed for the held-out pairs. Writes models/<name>.json
 * and docs/images/<name>-curves.svg.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../src/file/atomic.ts';
import { packageFile } from '../src/file/packageFile.ts';
import { lineChart } from '../src/report/chart/lineChart.ts';
import type { EpochRecord } from '../src/training/trainer.ts';
import type { StoredConfig } from '../src/workflow/runFolder.ts';

const [name, evaluationFile, ...runs] = process.argv.slice(2);
if (name === undefined || evaluationFile === undefined || runs.length === 0)
  throw new Error('Usage: tsx tools/model-record.ts <model name> <evaluation.json> <run> [<run> …]');

const stages = await Promise.all(
  runs.map(async (run) => {
    const stored = JSON.parse(await readFile(join(run, 'config.json'), 'utf8')) as StoredConfig;
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    return {
      version: stored.version,
      config: stored.config,
      split: stored.split,
      epochs: lines.map((line) => JSON.parse(line) as EpochRecord),
    };
  }),
);
const evaluation = JSON.parse(await readFile(evaluationFile, 'utf8')) as unknown;
await writeAtomically(
  packageFile('models', `${name}.json`),
  `${JSON.stringify({ name, stages, evaluation }, null, 1)}\n`,
);

const curve = (value: (record: EpochRecord) => number | null) =>
  stages.map(({ config, epochs }, index) => ({
    name: `stage ${index + 1}, ${config.size}³`,
    points: epochs.flatMap((record): [number, number][] => {
      const y = value(record);
      return y === null ? [] : [[record.epoch, y]];
    }),
  }));
await writeAtomically(
  packageFile('docs', 'images', `${name}-curves.svg`),
  lineChart({ series: curve((record) => record.validationLoss), xLabel: 'epoch', yLabel: 'validation loss' }),
);
