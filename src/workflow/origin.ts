import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { z } from 'zod';
import type { Dataset, ImageFiles } from '../dataset/dataset.ts';
import { fileAndVolume } from '../dataset/paths.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { readJsonFile } from '../file/jsonFile.ts';
import { assertFile } from '../file/nodeFiles.ts';

export const originSchema = z.looseObject({
  threads: z.int().min(1).nullable().optional(),
  cores: z.int().min(1).optional(),
  scans: z.record(z.string(), z.string()),
});

/** What numbers come from beside settings and seeds: whoever goes on with them must have the same. */
export interface Origin {
  /** Threads of the CPU that were asked for; null for one a core. */
  readonly threads?: number | null;
  /** Cores of the machine. */
  readonly cores?: number;
  /** Size and hash of each file of the scans, by its path in the data folder. */
  readonly scans: Readonly<Record<string, string>>;
}

/** The threads of a process, for an {@link Origin}. */
export function threadsOf(threads: number | null | undefined): Pick<Origin, 'threads' | 'cores'> {
  return { threads: threads ?? null, cores: availableParallelism() };
}

/**
 * Size and hash of each file that cases are made of: images, labels, landmarks, and the data of headers that stand
 * alone.
 * @throws UserError when a file cannot be read
 */
export async function scansOf(
  { root }: Pick<Dataset, 'root'>,
  cases: Dataset['cases'],
  signal?: AbortSignal,
): Promise<Origin['scans']> {
  const named = cases.flatMap((each) => [...pathsOf(each), ...(each.moving ? pathsOf(each.moving) : [])]);
  const scans: Record<string, string> = {};
  for (const file of new Set(named.map((path) => fileAndVolume(path).file))) {
    signal?.throwIfAborted();
    for (const part of [file, ...(await dataFilesOf(file))])
      scans[relative(root, part).split(sep).join('/')] = await fingerprint(part);
  }
  return scans;
}

/** The part of an origin's scans that others have too. */
export function sharedScans(scans: Origin['scans'], others: Origin['scans']): Origin['scans'] {
  return Object.fromEntries(Object.entries(scans).filter(([file]) => others[file] !== undefined));
}

/** Where a folder keeps what its results come from. */
const ORIGIN = 'origin.json';

/**
 * What the results in a folder come from; undefined where that is not kept yet.
 * @throws UserError when the file is damaged
 */
export async function readOrigin(folder: string): Promise<Origin | undefined> {
  return readJsonFile<Origin>(
    join(folder, ORIGIN),
    originSchema,
    'remove it if the scans are still the same, and give the same command again',
  );
}

/** Keeps what the results in a folder come from. */
export async function writeOrigin(folder: string, origin: Origin): Promise<void> {
  await writeAtomically(join(folder, ORIGIN), `${JSON.stringify(origin, null, 1)}\n`);
}

/** @throws UserError that names a scan which is no longer what it was */
export function assertSameScans(before: Origin['scans'], now: Origin['scans'], whose: string): void {
  const changed = Object.keys(before).find((file) => now[file] !== before[file]);
  if (changed !== undefined)
    throw new UserError(
      `The scan ${changed} is ${now[changed] === undefined ? 'missing' : 'no longer the one'} that ${whose} began with; put that scan back, or begin again in another folder.`,
    );
}

/** What to say where work goes on with other threads; undefined where nothing changes. */
export function otherThreads(before: Origin, now: Origin): string | undefined {
  if (before.threads === undefined || now.threads === undefined) return undefined;
  const isSame = before.threads === now.threads && (now.threads !== null || before.cores === now.cores);
  if (isSame) return undefined;
  return `The work so far was computed with ${words(before)}, the rest is with ${words(now)}; results may differ in their last digits.`;
}

function words({ threads, cores }: Origin): string {
  const count = threads ?? cores ?? 1;
  return `${count} ${count === 1 ? 'thread' : 'threads'}${threads === null ? ' (one per core)' : ''}`;
}

function pathsOf({ image, labels, landmarks }: ImageFiles): string[] {
  return [image, ...(labels === undefined ? [] : [labels]), ...(landmarks ? [landmarks.path] : [])];
}

/** The file that a detached header of MetaImage or NRRD names. */
async function dataFilesOf(file: string): Promise<string[]> {
  if (!/\.(mhd|nhdr)$/i.test(file)) return [];
  await assertFile(file);
  const text = await readFile(file, 'latin1');
  const name = /^\s*(?:ElementDataFile\s*=|data ?file\s*:)\s*(.+?)\s*$/im.exec(text)?.[1];
  if (name === undefined || /^(LOCAL|LIST)/.test(name)) return [];
  return [isAbsolute(name) ? name : join(dirname(file), name)];
}

async function fingerprint(file: string): Promise<string> {
  await assertFile(file);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return `${size}-${hash.digest('hex').slice(0, 16)}`;
}
