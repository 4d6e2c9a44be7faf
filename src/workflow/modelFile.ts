import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { readBytes } from '../file/nodeFiles.ts';
import { decodeModel, type RegistrationModel } from '../network/model.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';
import { modelPath, shippedModel, shippedModels } from './shippedModels.ts';

/** Name of the model file in a run's folder. */
export const MODEL_FILE = 'model.onnx';

/** Name of the file of the best model by a rule of early stopping that is not the run's first. */
export function modelFileOf(rule: StoppingRule): string {
  return `model-${rule}.onnx`;
}

/**
 * Reads a model: a shipped one by its name, a run's folder, or an `.onnx` file. The default is the shipped hippocampus
 * model.
 * @throws UserError when there is none, or it is not EarthMorph's
 * @example const model = await readModel('runs/fine')
 */
export async function readModel(model: string = shippedModel()): Promise<RegistrationModel> {
  const path = modelPath(model);
  const entry = await stat(path).catch(() => undefined);
  if (!entry)
    throw new UserError(
      `There is no model at ${path}; give a run's folder, a model.onnx, or one of ${shippedModels().join(', ')}.`,
    );
  const file = entry.isDirectory() ? join(path, MODEL_FILE) : path;
  if (entry.isDirectory() && !(await stat(file).catch(() => undefined)))
    throw new UserError(
      `${path} holds no ${MODEL_FILE}; let the training finish at least one epoch, or give another folder.`,
    );
  return decodeModel(await readBytes(file), file);
}
