import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import type { Grid, Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint } from '../../src/volume/matrix.ts';
import { TESTED } from '../support/tested.ts';

const program = join(TESTED, 'dist', 'cli.js');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly whole?: boolean;
}

/** What was started and has not ended. */
const running = new Set<ChildProcess>();

// A test that fails may leave what it started.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Lines of progress would tell how fast the machine is. */
const QUIET = { EARTHMORPH_PROGRESS_SECONDS: '1e6' };

/** What commands say of the tests' phantoms; left out of standard error unless it is asked for `whole`. */
export const PHANTOMS_NOTE = `Note: ${phantoms.synthetic({ cases: 1, seed: 1, spacing: 1 }).description}\n`;

/** Starts the built program. */
export function start(
  args: readonly string[],
  { cwd, env, whole }: Surroundings = {},
): [ChildProcess, Promise<Outcome>] {
  let resolve: (outcome: Outcome) => void;
  const outcome = new Promise<Outcome>((done) => {
    resolve = done;
  });
  const child = execFile(
    process.execPath,
    [program, ...args],
    { cwd, env: { ...process.env, ...QUIET, ...env }, maxBuffer: 1 << 26 },
    (_, stdout, stderr) => {
      running.delete(child);
      resolve({ code: child.exitCode ?? -1, stdout, stderr: whole ? stderr : stderr.replace(PHANTOMS_NOTE, '') });
    },
  );
  running.add(child);
  return [child, outcome];
}

/** Runs the built program to its end. */
export function earthmorph(args: readonly string[], surroundings?: Surroundings): Promise<Outcome> {
  return start(args, surroundings)[1];
}

/** Runs the built program and demands success; what it printed as JSON. */
export async function printed<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await earthmorph([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

/** Demands that the program refuses: exit code 2, one sentence, and no output file. */
export async function expectRefusal(args: readonly string[], sentence: RegExp, output?: string): Promise<void> {
  const { code, stdout, stderr } = await earthmorph(args);
  expect(stderr).toMatch(/^earthmorph: [^\n]+\n$/);
  expect(stderr).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  if (output !== undefined) expect(existsSync(output)).toBe(false);
}

/** A folder for the tests of a file; the function gives paths in it. */
export function temporaryFolder(): (...names: string[]) => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (...names) => join(folder, ...names);
}

/** The warp that takes every point p (RAS mm) to `map(p)`. */
export function warpOf({ size, affine }: Grid, map: (p: Vec3) => Vec3): Warp {
  const count = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * count);
  for (const [n, p] of points({ size, affine }).entries()) {
    const q = map(p);
    data[n] = p[0] - q[0];
    data[count + n] = p[1] - q[1];
    data[2 * count + n] = q[2] - p[2];
  }
  return { size, affine, data };
}

/** The world coordinates of a grid's voxels, in their order. */
export function points({ size, affine }: Grid): Vec3[] {
  const [nx, ny] = size;
  return Array.from({ length: nx * ny * size[2] }, (_, n) =>
    applyToPoint(affine, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]),
  );
}

/** The mean position of an image's voxels, weighted by their values, in RAS mm. */
export function centroid(image: Grid & { readonly data: ArrayLike<number> }): Vec3 {
  const sum = [0, 0, 0, 0];
  for (const [n, p] of points(image).entries()) {
    const weight = image.data[n]!;
    for (const axis of [0, 1, 2] as const) sum[axis]! += weight * p[axis];
    sum[3]! += weight;
  }
  return [sum[0]! / sum[3]!, sum[1]! / sum[3]!, sum[2]! / sum[3]!];
}

/** Runs the built program, which prints a line of JSON an epoch and then its result; the result. */
export async function printedLines<T>(args: readonly string[]): Promise<T> {
  const { code, stdout } = await earthmorph([...args, '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout.slice(stdout.indexOf('\n{\n') + 1)) as T;
}
