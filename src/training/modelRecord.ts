import { type Dataset, isPaired } from '../dataset/dataset.ts';
import type { Split } from '../dataset/split.ts';
import { measures, valueIn } from '../metric/measures.ts';
import type { TrainingConfig } from './configuration.ts';
import type { EpochRecord } from './epochRecord.ts';
import { startOf } from './trainModel.ts';

/** What a model's file says of its training, in words. */
export function modelRecord(
  { version, config, split }: { readonly version: string; readonly config: TrainingConfig; readonly split: ReadSplit },
  dataset: Dataset,
  record: EpochRecord,
): Record<string, string> {
  return {
    earthmorph: version,
    data: dataset.name,
    cases: `${split.train.length} training, ${split.validation.length} validation, ${split.test.length} test`,
    loss: config.loss,
    smoothness: String(config.smoothness ?? 'default'),
    seed: String(config.seed),
    epoch: String(record.epoch),
    validationLoss: String(record.validationLoss),
    ...Object.fromEntries(
      [...measures().values()]
        .filter(({ key, headline }) => headline && Number.isFinite(valueIn(record, key)))
        .map(({ key }) => [`validation${key.charAt(0).toUpperCase()}${key.slice(1)}`, String(valueIn(record, key))]),
    ),
    ...(isPaired(dataset) ? { init: startOf(config), affine: config.affine } : {}),
  };
}

/** A split as it is stored. */
type ReadSplit = { readonly [Part in keyof Split]: readonly string[] };
