import type { Generator, GeneratorSettings } from './generator.ts';
import { phantoms } from './phantom/phantomDataset.ts';
import { shapes } from './shapes/shapesDataset.ts';
import { simulatedUltrasound } from './ultrasound/simulatedDataset.ts';

const known = new Map<string, Generator<never>>();

/**
 * Makes a generator known by its name to the command line and to experiments.
 * @example registerGenerator(generator)
 */
export function registerGenerator<Settings extends GeneratorSettings>(generator: Generator<Settings>): void {
  known.set(generator.name, generator as unknown as Generator<never>);
}

registerGenerator(phantoms);
registerGenerator(simulatedUltrasound);
registerGenerator(shapes);

/**
 * All generators by name.
 * @example const names = [...generators().keys()]
 */
export function generators(): ReadonlyMap<string, Generator<never>> {
  return known;
}
