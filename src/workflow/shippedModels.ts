import { readdirSync } from 'node:fs';
import { packageFile } from '../file/packageFile.ts';

const EXTENSION = '.onnx';

/** The shipped model that is used where none is named. */
export const DEFAULT_MODEL = 'hippocampus';

/**
 * Names of the models that ship with the package.
 * @example console.log(shippedModels().join(', '))
 */
export function shippedModels(): readonly string[] {
  return readdirSync(packageFile('models'))
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();
}

/**
 * Path of a model that ships with the package.
 * @example const model = await readModel(shippedModel('hippocampus'))
 */
export function shippedModel(name: string = DEFAULT_MODEL): string {
  return packageFile('models', `${name}${EXTENSION}`);
}

/** Where a model lies: a shipped model by its name, else the path that was given. */
export function modelPath(given: string): string {
  return shippedModels().includes(given) ? shippedModel(given) : given;
}
