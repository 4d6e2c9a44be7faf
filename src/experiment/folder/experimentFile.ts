import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../errors.ts';
import { assertFile } from '../../file/nodeFiles.ts';
import { packageFile } from '../../file/packageFile.ts';
import { type ExperimentConfig, experimentConfig } from '../protocol/configuration.ts';

/** An experiment as it was read. */
export interface ExperimentFile {
  /** The file's own values, to be stored. */
  readonly values: unknown;
  readonly config: ExperimentConfig;
  /** Ids of the cases to use; undefined for all. */
  readonly caseIds: readonly string[] | undefined;
}

/**
 * Reads an experiment: a path, or the name of one that ships with the package.
 * @throws UserError when there is none, or it is wrong
 */
export async function readExperimentFile(name: string): Promise<ExperimentFile> {
  const path = [name, packageFile('experiments', name), packageFile('experiments', `${name}.json`)].find(
    // A folder of results may have the name of an experiment.
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile(),
  );
  if (path === undefined)
    throw new UserError(
      `There is no experiment ${name}; give a file, or the name of one in ${packageFile('experiments')}.`,
    );
  await assertFile(path);
  const values = parse(await readFile(path, 'utf8'), path);
  const config = experimentConfig(values, name);
  if (config.cases === undefined) return { values, config, caseIds: undefined };
  const list = resolve(dirname(path), config.cases);
  await assertFile(list);
  const caseIds = (await readFile(list, 'utf8')).split(/\s+/).filter((id) => id !== '');
  if (caseIds.length === 0) throw new UserError(`${join(list)} names no cases; give one id a line.`);
  return { values, config, caseIds };
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not valid JSON (${error instanceof Error ? error.message : error}); correct it.`);
  }
}
