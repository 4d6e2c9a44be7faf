import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { UserError } from '../errors.ts';
import { reasonOf } from './reason.ts';

/** Where a data set is published as a tar archive. */
interface Archive {
  readonly url: string;
  /** Of the whole archive, 32 hexadecimal digits. */
  readonly md5: string;
  /** The folder that the archive holds, and what it is called on disk. */
  readonly folder: string;
}

/**
 * The hippocampus of the Medical Segmentation Decathlon, 27 MB: CC BY-SA 4.0, Antonelli et al., Nat Commun 13, 2022.
 */
export const HIPPOCAMPUS: Archive = {
  url: 'https://msd-for-monai.s3-us-west-2.amazonaws.com/Task04_Hippocampus.tar',
  md5: '9d24dba78a72977dbd1d2e110310f31b',
  folder: 'Task04_Hippocampus',
};

/** How much a download may take. */
interface FetchLimits {
  readonly bytes: number;
  /** Without a byte. */
  readonly idleSeconds: number;
  /** Of the whole download. */
  readonly seconds: number;
  /** Files and folders in the archive. */
  readonly entries: number;
}

const LIMITS: FetchLimits = { bytes: 1e9, idleSeconds: 60, seconds: 7200, entries: 100_000 };

export interface FetchOptions extends Archive {
  /** The folder that gets the data set's folder; made when it is not there. */
  readonly outDir: string;
  /** Bytes of the archive so far; `total` is absent when the server does not tell. */
  readonly onProgress?: (stage: 'download' | 'verify' | 'extract', done: number, total?: number) => void;
  /** Defaults: 1 GB, 60 s without a byte, 2 h in all, 100,000 entries. */
  readonly limits?: Partial<FetchLimits>;
  /** Stops the work; what is downloaded stays, for the next call to resume. */
  readonly signal?: AbortSignal;
}

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the server refuses connections',
  ENOTFOUND: 'the host name is not known here',
  EAI_AGAIN: 'the host name cannot be looked up',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'the server does not answer',
  UND_ERR_BODY_TIMEOUT: 'the server stopped sending',
  ETIMEDOUT: 'the server does not answer',
};

const DISK_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space and run it again',
  EDQUOT: 'the disk quota is used up: free some space and run it again',
  EACCES: 'writing there is not allowed: choose another folder',
  EPERM: 'writing there is not allowed: choose another folder',
  EROFS: 'the disk is read-only: choose another folder',
  ENOTDIR: 'part of the path is a file: choose another folder',
  EEXIST: 'a file is in the way: choose another folder',
};

function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return '';
}

/** What to tell the user about an error while fetching into a folder; a UserError stays as it is. */
function explain(error: unknown, { outDir, signal }: FetchOptions): unknown {
  if (error instanceof UserError) return error;
  if (signal?.aborted) return new UserError('The download was stopped: run it again to continue.');
  if (!isOfFiles(error)) return error;
  const reason = DISK_FAULTS[codeOf(error)] ?? `${reasonOf(error)}: choose another folder`;
  return new UserError(`The data set cannot be written to '${outDir}' because ${reason}.`);
}

/** Whether the disk refused, not the network: it names a path, or is full. */
function isOfFiles(error: unknown): boolean {
  return error instanceof Error && ('path' in error || ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes(codeOf(error)));
}

/** What to tell the user when the network failed. */
function networkFault(error: unknown, url: string): UserError {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  const words = cause instanceof Error ? oneLine(cause.message) : '';
  const reason = NETWORK_FAULTS[codeOf(error)] ?? `the connection failed${words === '' ? '' : ` (${words})`}`;
  return new UserError(
    `${shown(url)} could not be fetched because ${reason}: check the network, and run it again to continue.`,
  );
}

/** An address without what may be secret in it. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Text from elsewhere within a sentence. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 200);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Passes chunks on, telling how many bytes there were. */
function counting(
  start: number,
  report: ((bytes: number) => void) | undefined,
): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* (source) {
    let bytes = start;
    for await (const chunk of source) {
      bytes += chunk.length;
      report?.(bytes);
      yield chunk;
    }
  };
}

/** The first byte and the total of a Content-Range such as `bytes 100-199/200`, or `bytes * /200` in a refusal. */
function contentRange(response: Response): { start?: number; total?: number } {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (!match) return {};
  return {
    ...(match[1] !== undefined && { start: Number(match[1]) }),
    ...(match[2] !== undefined && match[2] !== '*' && { total: Number(match[2]) }),
  };
}

/** Gets what is missing of the archive behind what `part` holds, or everything when the server will not send a part. */
async function download(options: FetchOptions, part: string): Promise<void> {
  const watch = watchdog(options);
  try {
    await receive(options, part, watch);
  } catch (error) {
    if (watch.signal.reason instanceof UserError) throw watch.signal.reason;
    if (error instanceof UserError || isOfFiles(error) || watch.signal.aborted) throw error;
    throw networkFault(error, options.url);
  } finally {
    watch.end();
  }
}

interface Watchdog {
  /** Aborted with the reason as a UserError when the time is over, or by the caller. */
  readonly signal: AbortSignal;
  readonly heard: () => void;
  readonly end: () => void;
}

/** Ends a download that stalls or takes too long. */
function watchdog({ url, signal, limits }: FetchOptions): Watchdog {
  const { idleSeconds, seconds } = { ...LIMITS, ...limits };
  const over = new AbortController();
  const tooLong = (reason: string) => (): void =>
    over.abort(new UserError(`${shown(url)} could not be fetched because ${reason}: run it again to continue.`));
  // Timers hold at most 2³¹ ms.
  const after = (time: number, reason: string) => setTimeout(tooLong(reason), Math.min(time * 1000, 2 ** 31 - 1));
  const idle = after(idleSeconds, `the server sent nothing for ${idleSeconds} s`);
  const whole = after(seconds, `it takes more than ${seconds} s`);
  return {
    signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    heard: () => void idle.refresh(),
    end: () => {
      clearTimeout(idle);
      clearTimeout(whole);
    },
  };
}

async function receive(options: FetchOptions, part: string, watch: Watchdog): Promise<void> {
  const { url, onProgress } = options;
  const most = options.limits?.bytes ?? LIMITS.bytes;
  const have = (await sizeOf(part)) ?? 0;
  const response = await fetch(url, {
    // Compression in transit would make byte positions meaningless.
    headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
    signal: watch.signal,
  });
  watch.heard();
  const { start, total } = contentRange(response);
  if (have > 0 && (response.status === 416 || (response.status === 206 && start !== have))) {
    await response.body?.cancel();
    if (response.status === 416 && total === have) return;
    await rm(part);
    return receive(options, part, watch);
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const answer = oneLine(`${response.status} ${response.statusText}`).trim();
    throw new UserError(`${shown(url)} answered ${answer}: check the address, or try again later.`);
  }
  const begin = response.status === 206 ? have : 0;
  const length = response.headers.get('content-length');
  const all = length === null ? undefined : begin + Number(length);
  const arrived = (bytes: number): void => {
    watch.heard();
    if (bytes > most) throw tooLarge(url, most);
    onProgress?.('download', bytes, all);
  };
  try {
    if ((all ?? 0) > most) throw tooLarge(url, most);
    await append(response.body, part, begin, arrived);
  } catch (error) {
    // What is too large is of no use to a next try.
    if (error instanceof UserError) await rm(part, { force: true });
    await response.body.cancel().catch(() => undefined);
    throw error;
  }
}

/** Writes each piece as it comes: of a download that is cut, what had arrived is there to go on from. */
async function append(
  body: NonNullable<Response['body']>,
  part: string,
  begin: number,
  arrived: (bytes: number) => void,
): Promise<void> {
  const file = await open(part, begin > 0 ? 'a' : 'w');
  try {
    let bytes = begin;
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      await file.appendFile(piece);
      bytes += piece.length;
      arrived(bytes);
    }
  } finally {
    await file.close();
  }
}

function tooLarge(url: string, most: number): UserError {
  return new UserError(
    `${shown(url)} sends more than ${Math.ceil(most / 1e6)} MB, so it is not the expected data set: check the address.`,
  );
}

async function verify(options: FetchOptions, part: string): Promise<void> {
  const { url, md5, signal, onProgress } = options;
  const total = await sizeOf(part);
  const hash = createHash('md5');
  await pipeline(
    createReadStream(part),
    counting(0, onProgress && ((bytes) => onProgress('verify', bytes, total))),
    async (source: AsyncIterable<Uint8Array>) => {
      for await (const chunk of source) hash.update(chunk);
    },
    { ...(signal && { signal }) },
  );
  const found = hash.digest('hex');
  if (found === md5.toLowerCase()) return;
  await rm(part);
  throw new UserError(
    `What ${shown(url)} sent has md5 ${found} instead of ${md5}: it was damaged in transit, or the archive has changed; run it again to download it anew.`,
  );
}

/** The path of an archive's entry below the target folder, in steps. Throws for one that would lead out of it. */
function safeSteps(name: string, archive: string): string[] {
  const steps = name.split('/').filter((step) => step !== '' && step !== '.');
  if (/^\/|^[a-z]:|[\\\0]/i.test(name) || steps.includes('..')) {
    throw new UserError(
      `${archive} holds the unsafe path '${oneLine(name)}': nothing was unpacked; do not use this archive.`,
    );
  }
  return steps;
}

async function unpack(options: FetchOptions, part: string, target: string): Promise<void> {
  const { url, signal, onProgress } = options;
  const archive = nameOf(url);
  const most = options.limits?.entries ?? LIMITS.entries;
  const total = await sizeOf(part);
  const reader = extract();
  const feeding = pipeline(
    createReadStream(part),
    counting(0, onProgress && ((bytes) => onProgress('extract', bytes, total))),
    reader,
    { ...(signal && { signal }) },
  );
  const writing = (async () => {
    let entries = 0;
    for await (const entry of reader) {
      if (++entries > most)
        throw new UserError(
          `${archive} holds more than ${most} files, so it is not the expected data set: nothing was unpacked.`,
        );
      const { name, type } = entry.header;
      const steps = safeSteps(name, archive);
      // macOS puts a `._name` beside every file that has extended attributes.
      if (steps.length === 0 || steps.at(-1)!.startsWith('._')) {
        entry.resume();
        continue;
      }
      const path = join(target, ...steps);
      if (type === 'directory') {
        await mkdir(path, { recursive: true });
        entry.resume();
      } else if (type === 'file' || type === 'contiguous-file') {
        await mkdir(dirname(path), { recursive: true });
        await pipeline(entry, createWriteStream(path, { flags: 'wx' }));
      } else {
        throw new UserError(
          `${archive} holds '${oneLine(name)}', which is a ${type}, not a file: nothing was unpacked; do not use this archive.`,
        );
      }
    }
  })();
  const [fed, written] = await Promise.allSettled([feeding, writing]);
  // A refused entry destroys the reader, so its own error is the one that tells what happened.
  const failed = [written, fed].find((each) => each.status === 'rejected');
  if (failed?.status === 'rejected') throw unpackingFault(failed.reason, archive, signal);
}

/**
 * What the archive is to blame for: no tar at all, cut off, or one entry in the way of another in a folder that was
 * empty.
 */
function unpackingFault(error: unknown, archive: string, signal: AbortSignal | undefined): unknown {
  const isClash = ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(codeOf(error));
  if (error instanceof UserError || signal?.aborted || (isOfFiles(error) && !isClash)) return error;
  const reason = isClash
    ? 'it holds two files of one name'
    : oneLine(error instanceof Error ? error.message : String(error));
  return new UserError(`${archive} is not a tar archive that can be unpacked (${reason}): do not use this archive.`);
}

/** What the archive of an address is called. */
function nameOf(url: string): string {
  return basename(new URL(url).pathname) || 'archive.tar';
}

/**
 * Downloads a tar archive, checks its md5, and unpacks it to `<outDir>/<folder>`. An interrupted download is resumed
 * from `<outDir>/<archive>.part` where the server allows it. Nothing half-unpacked is ever left in the final place: the
 * files are written beside it and renamed at the end. A folder that is already there is left as it is.
 *
 * @returns The path of the folder.
 * @throws UserError when the server or the disk fails, a limit is passed, or the signal stops the work; when the md5
 * differs (the download is then deleted); when the archive lacks the folder, or holds links or paths that lead out of
 * it
 * @example const folder = await fetchArchive({ ...HIPPOCAMPUS, outDir: 'data' })
 */
export async function fetchArchive(options: FetchOptions): Promise<string> {
  const { url, outDir, folder } = options;
  const { username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw new UserError('The address holds a name or a password, which is never sent: give an address without one.');
  const destination = join(outDir, folder);
  const archive = nameOf(url);
  const part = join(outDir, `${archive}.part`);
  let temporary: string | undefined;
  try {
    if (await isThere(destination)) return destination;
    await mkdir(outDir, { recursive: true });
    await download(options, part);
    await verify(options, part);
    temporary = await mkdtemp(join(outDir, `.${folder}-`));
    await unpack(options, part, temporary);
    if ((await sizeOf(join(temporary, folder))) === undefined) {
      throw new UserError(
        `${archive} has no folder '${folder}', so it is not the expected data set: check the address.`,
      );
    }
    await rename(join(temporary, folder), destination);
    await rm(part);
    return destination;
  } catch (error) {
    throw explain(error, options);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** @throws UserError when something else than a folder is in the way */
async function isThere(folder: string): Promise<boolean> {
  const found = await stat(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found && !found.isDirectory())
    throw new UserError(`'${folder}' is a file, but the folder of the data set must be there: move the file away.`);
  return found !== undefined;
}
