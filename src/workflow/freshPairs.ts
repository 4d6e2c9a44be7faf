import { join } from 'node:path';
import { z } from 'zod';
import type { Dataset } from '../dataset/dataset.ts';
import { SYNTHETIC_FILE } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import { readJsonFile } from '../file/jsonFile.ts';
import { prepareCase } from '../preparation/preprocessing.ts';
import { generatorSettings } from '../synthesis/generator.ts';
import { generators } from '../synthesis/registry.ts';
import type { PreparedPair } from '../training/augmentation.ts';
import type { TrainingConfig } from '../training/configuration.ts';
import { preprocessingOf, startOf } from '../training/trainModel.ts';

const madeSchema = z.looseObject({ generator: z.string(), settings: z.looseObject({ cases: z.int() }) });

/** More than the steps of a training: cases of one seed of training lie so far from those of the next. */
const STRIDE = 2 ** 32;

/**
 * What makes a new pair for each step of a training, by the generator and the settings that made its data. No pair is
 * one of the folder's.
 * @throws UserError when the data are not made, or by a generator that makes no single pairs
 */
export async function freshPairs(dataset: Dataset, config: TrainingConfig): Promise<(step: number) => PreparedPair> {
  const file = join(dataset.root, SYNTHETIC_FILE);
  const made = await readJsonFile<z.infer<typeof madeSchema>>(file, madeSchema, 'make the data again');
  const generator = made && generators().get(made.generator);
  if (!made || !generator?.pair)
    throw new UserError(
      `--fresh needs data of a generator that makes single pairs, and ${dataset.root} is not; leave it out, or make data with: earthmorph data ${makers()}.`,
    );
  const settings = generatorSettings(generator, made.settings);
  const preprocessing = preprocessingOf(config);
  const first = made.settings.cases + config.seed * STRIDE;
  return (step) => {
    const made = generator.pair!(settings, first + step);
    const { moving, ...fixed } = prepareCase(`fresh ${step}`, made, preprocessing, startOf(config));
    return { fixed, moving: moving! };
  };
}

function makers(): string {
  return [...generators().values()].flatMap(({ name, pair }) => (pair ? [name] : [])).join(' or ');
}
