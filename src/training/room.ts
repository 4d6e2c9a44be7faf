import { UserError } from '../errors.ts';
import { assertMemory, type RuntimeOptions, withinMemory } from '../graph/index.ts';
import { shortage } from '../memory.ts';
import { assertGridSize } from '../preparation/preprocessing.ts';
import type { TrainingConfig } from './configuration.ts';
import { trainingStep } from './stepGraph.ts';
import type { Supervision } from './supervision.ts';
import { graphOptions } from './trainer.ts';

/** Bytes that a voxel of a prepared volume takes: its value, its mask and its label. */
const VOXEL = 12;

/** Labels that there are taken to be, before a scan is read. */
const ASSUMED: Supervision = { kind: 'labels', labels: [1, 2] };

/**
 * Demands that there is memory for a training, before a scan is read: for its prepared volumes, and for one step.
 * @param volumes how many there will be
 * @throws UserError where there is not
 */
export async function assertTrainingRoom(
  config: TrainingConfig,
  volumes: number,
  runtime: RuntimeOptions = {},
): Promise<void> {
  const { size } = config;
  assertGridSize([size, size, size], (config.spacing * config.pad) / size, 'give a smaller --size');
  const short = shortage(VOXEL * volumes * size ** 3);
  if (short)
    throw new UserError(
      `The grid is too large: ${volumes} volumes of ${size}×${size}×${size} voxels need ${short}; give a smaller --size, or fewer cases.`,
    );
  const supervision = config.supervise === 'none' ? undefined : ASSUMED;
  const step = trainingStep(await graphOptions(config, [size, size, size], supervision, [], runtime));
  const { graph, outputs } = withinMemory(step.graph, step.outputs, runtime);
  assertMemory(graph, outputs, [], { remedy: 'give a smaller --size, or smaller patches', ...runtime });
}
