import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { readBytes } from '../file/nodeFiles.ts';
import { packageFile } from '../file/packageFile.ts';
import { decodeModel, type RegistrationModel } from '../network/model.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';

/** Name of the model file in a run's folder. */
export const MODEL_FILE = 'model.onnx';

/** Name of the file of the best model by a rule of early stopping that is not the run's first. */
export function modelFileOf(rule: StoppingRule): string {
  return `model-${rule}.onnx`;
}

/** Path of the model that ships with the package. */
export function shippedModel(): string {
  return packageFile('models', 'hippocampus.onnx');
}

/**
 * Reads a model: a run's folder, an `.onnx` file, or the shipped model where nothing is given.
 * @throws UserError when there is none, or it is not EarthMorph's
 */
export async function readModel(path: string = shippedModel()): Promise<RegistrationModel> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new UserError(`There is no model at ${path}; give a run's folder or a model.onnx.`);
  const file = entry.isDirectory() ? join(path, MODEL_FILE) : path;
  if (entry.isDirectory() && !(await stat(file).catch(() => undefined)))
    throw new UserError(
      `${path} holds no ${MODEL_FILE}; let the training finish at least one epoch, or give another folder.`,
    );
  return decodeModel(await readBytes(file), file);
}
