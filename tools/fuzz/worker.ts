/**
 * A process that carries out one input after another, by the library or by the program's own entry. It reads a job a
 * line from standard input and answers a line each on file descriptor 3; standard output and error are the job's own.
 */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { commands } from '../../src/cli/commands.ts';
import { buildProgram, runProgram } from '../../src/cli/program.ts';
import { given } from '../../src/given.ts';
import { decodeItkTransform, decodeLandmarkCsv, decodeTag, UserError } from '../../src/index.ts';
import { nodeFiles, openDataset, readLabels, readModel, readTransforms, readVolume, readWarp } from '../../src/node.ts';
import type { Job, LibraryCall } from './format.ts';
import { unsound } from './sound.ts';

/** What a job came to. */
export interface Answer {
  /** As the program's: 0 for a result, 2 for a refusal, 1 for anything else. */
  readonly code: number;
  /** Of the library: the refusal's sentence, or the trace of what was thrown. */
  readonly message?: string;
  /** Of the library: what is wrong with its result. */
  readonly unsound?: string;
  /** Of the library: the same for the same result. */
  readonly digest?: string;
  /** Memory above that before the job, at its peak; 0 where the system does not tell. */
  readonly bytes: number;
}

const CALLS: Readonly<Record<LibraryCall, (path: string) => unknown>> = {
  readVolume,
  readLabels,
  readWarp,
  readModel,
  readTransforms: (path) => readTransforms([path]),
  openDataset: (path) => openDataset(path, nodeFiles()),
  decodeLandmarkCsv: (path) => decodeLandmarkCsv(textOf(path), path),
  decodeTag: (path) => decodeTag(textOf(path), path),
  decodeItkTransform: (path) => decodeItkTransform(textOf(path), path),
};

function textOf(path: string): string {
  return new TextDecoder().decode(readFileSync(path));
}

async function answer(job: Job): Promise<Omit<Answer, 'bytes'>> {
  if (job.door === 'program') {
    process.exitCode = undefined;
    const code = await runProgram(() => buildProgram(commands), job.args);
    process.exitCode = undefined;
    return { code };
  }
  try {
    const result = await CALLS[job.call](job.path);
    const wrong = unsound(result);
    return { code: 0, digest: digestOf(result), ...given({ unsound: wrong }) };
  } catch (error) {
    if (error instanceof UserError) return { code: 2, message: error.message };
    return { code: 1, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function digestOf(value: unknown): string {
  const hash = createHash('sha256');
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (!ArrayBuffer.isView(each)) return each;
    hash.update(new Uint8Array(each.buffer, each.byteOffset, each.byteLength));
    return each.byteLength;
  });
  return hash.update(text ?? '').digest('hex');
}

/** Begins a new measurement of the most memory that this process has at a time. */
function memoryBefore(): number {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return mostMemory();
  } catch {
    return 0;
  }
}

function mostMemory(): number {
  try {
    return 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

// Commands listen to signals for as long as a process lives, and this one lives longer than theirs.
process.setMaxListeners(0);
writeSync(3, 'ready\n');
for await (const line of createInterface({ input: createReadStream('', { fd: 0 }) })) {
  const before = memoryBefore();
  const done = await answer(JSON.parse(line) as Job);
  const bytes = before === 0 ? 0 : mostMemory() - before;
  writeSync(3, `${JSON.stringify({ ...done, bytes } satisfies Answer)}\n`);
}
