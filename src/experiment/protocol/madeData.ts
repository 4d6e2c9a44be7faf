import type { z } from 'zod';
import type { Generator, GeneratorSettings, InExperiments } from '../../synthesis/generator.ts';
import { generators } from '../../synthesis/registry.ts';

/** The generator that is named instead of a folder of scans; undefined if it is a folder. */
export function generatorOf(data: string): Generator<never> | undefined {
  return [...generators().values()].find((generator) => inExperiments(generator).name === data);
}

/** The keys that experiments have for the settings of all generators, such as `phantomCases`. */
export function madeShape(): z.ZodRawShape {
  return Object.fromEntries(
    [...generators().values()].flatMap((generator) => {
      const { prefix, shape } = inExperiments(generator);
      return Object.entries(shape).map(([key, setting]) => [keyOf(prefix, key), setting]);
    }),
  );
}

/** The settings of a generator out of an experiment's values of {@link madeShape}. */
export function madeSettings(
  generator: Generator<never>,
  made: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> & GeneratorSettings {
  const { prefix, shape } = inExperiments(generator);
  const given = Object.fromEntries(Object.keys(shape).map((key) => [key, made[keyOf(prefix, key)]]));
  return generator.schema.parse(given) as Record<string, unknown> & GeneratorSettings;
}

function inExperiments({ name, schema, inExperiments: own }: Generator<never>): InExperiments {
  return (
    own ?? { name, prefix: name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase()), shape: schema.shape }
  );
}

function keyOf(prefix: string, key: string): string {
  return `${prefix}${key[0]?.toUpperCase()}${key.slice(1)}`;
}
