import file from '../../experiments/phantom.json';
import { experimentConfig } from '../../src/experiment/protocol/configuration.ts';
import { generatorOf, madeSettings } from '../../src/experiment/protocol/madeData.ts';
import { methodsOf, searchTrials } from '../../src/experiment/protocol/trials.ts';
import type { TrainingSession } from './session.ts';

/**
 * Trains what the experiment of the phantoms compares, one after the other, and registers the test pairs with each;
 * `earthmorph experiment run` chooses among grids, tests differences and draws figures too.
 */
export async function runPhantoms(session: TrainingSession): Promise<void> {
  const config = experimentConfig(file, 'phantom.json');
  const generator = generatorOf(config.data);
  if (!generator) return;
  const data = { generator: generator.name, settings: madeSettings(generator, config.made) };
  for (const { method, variant, settings } of searchTrials(config, methodsOf(config))) {
    const title = variant === '' ? method : `${method}, ${variant}`;
    const isDone = await session.begin({ data, settings, title });
    if (!isDone || !session.shown || !(await session.test(session.shown))) return;
  }
}
