import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TESTED } from '../support/tested.ts';

/** Runs an example as a user does, against the built package; what it printed. */
export async function runExample(name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${name}`, ...args], {
    cwd: TESTED,
  });
  return stdout;
}
