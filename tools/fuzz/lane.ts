import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Case, jobOf, layOut } from './cases.ts';
import type { Job } from './format.ts';
import { fault, type Outcome } from './judge.ts';
import { PROGRAM } from './material.ts';
import { unsoundFile } from './sound.ts';
import { watch } from './watch.ts';
import type { Answer } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Jobs after which a worker is replaced: what native code once took of memory it keeps. */
const JOBS_PER_WORKER = 150;

interface Worker {
  readonly process: ChildProcess;
  readonly answers: AsyncIterator<string>;
  jobs: number;
}

/** Carries out one case after another. */
export class Lane {
  readonly #temporary: string;
  readonly #digests = new Map<string, Promise<string | undefined>>();
  #worker: Worker | undefined;

  constructor(readonly folder: string) {
    this.#temporary = join(folder, 'tmp');
    mkdirSync(this.#temporary, { recursive: true });
  }

  /** @returns what is wrong with what came of the case, or undefined */
  async run(each: Case, keep?: string): Promise<string | undefined> {
    const folder = keep ?? join(this.folder, `case-${each.number}`);
    layOut(each, each.bytes, folder);
    const job = jobOf(each, folder);
    const before = listing(folder);
    const done = await (each.inProcess && job.door === 'program' ? this.#start(job.args) : this.#call(job));
    const after = listing(folder);
    const touched = differing(before, after);
    const written = touched.filter((path) => after.has(path)).map((path) => join(folder, path));
    const wrong = done.code === 0 ? await firstUnsound(written) : undefined;
    // The worker's loader of TypeScript has a folder of its own.
    const temporary = readdirSync(this.#temporary).filter((name) => !name.startsWith('tsx-'));
    const left = [
      ...temporary.map((name) => `${name} in the temporary folder`),
      ...[...after.keys()].filter((path) => /(^|\/)\.[^/]+$/.test(path)),
    ];
    for (const name of temporary) rmSync(join(this.#temporary, name), { recursive: true });
    const unsound = done.unsound ?? wrong;
    const digest = each.expectation === 'same' && done.digest ? await this.#digestOf(each) : undefined;
    const compared = job.door === 'library' ? each.expectation : withoutDigest(each.expectation);
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
    return fault({ ...done, unsound, touched, left }, compared, digest);
  }

  async end(): Promise<void> {
    await this.#dismiss();
  }

  /** What the library makes of the unharmed file. */
  #digestOf(each: Case): Promise<string | undefined> {
    const key = `${each.seed.template} ${each.seed.target} ${each.use}`;
    const known = this.#digests.get(key);
    if (known) return known;
    const folder = join(this.folder, 'unharmed');
    layOut(each, readFileSync(join(each.seed.template, each.seed.target)), folder);
    const found = this.#call(jobOf(each, folder)).then(({ digest }) => {
      rmSync(folder, { recursive: true, force: true });
      return digest;
    });
    this.#digests.set(key, found);
    return found;
  }

  /** Starts the built program. */
  async #start(args: readonly string[]): Promise<Omit<Outcome, 'touched' | 'left'>> {
    const [out, err] = this.#streams('process');
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', out, err], env: this.#surroundings });
    closeSync(out);
    closeSync(err);
    let ended: string | undefined;
    const watching = watch(child.pid as number, (what) => {
      ended = what;
      child.kill('SIGKILL');
    });
    const code = await exitOf(child);
    return { door: 'process', code, ended, bytes: watching.stop(), ...this.#printed('process') };
  }

  /** Lets the worker do it. */
  async #call(job: Job): Promise<Omit<Outcome, 'touched' | 'left'>> {
    if (this.#worker && this.#worker.jobs >= JOBS_PER_WORKER) await this.#dismiss();
    const worker = await this.#hired();
    worker.jobs++;
    const from = this.#printed('worker');
    let ended: string | undefined;
    const watching = watch(worker.process.pid as number, (what) => {
      ended = what;
      worker.process.kill('SIGKILL');
    });
    worker.process.stdin?.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await worker.answers.next();
    const polled = watching.stop();
    const all = this.#printed('worker');
    const printed = { stdout: all.stdout.slice(from.stdout.length), stderr: all.stderr.slice(from.stderr.length) };
    if (!done) {
      const { bytes, ...answer } = JSON.parse(value) as Answer;
      return { door: job.door, ...answer, bytes, ...printed };
    }
    this.#worker = undefined;
    return { door: job.door, code: await exitOf(worker.process), ended, bytes: polled, ...printed };
  }

  async #hired(): Promise<Worker> {
    if (this.#worker) return this.#worker;
    const [out, err] = this.#streams('worker');
    const args = ['--import', 'tsx', WORKER];
    const child = spawn(process.execPath, args, { stdio: ['pipe', out, err, 'pipe'], env: this.#surroundings });
    closeSync(out);
    closeSync(err);
    child.stdin?.on('error', () => undefined);
    const lines = createInterface({ input: child.stdio[3] as Readable });
    const answers = lines[Symbol.asyncIterator]();
    // The first line says that all is loaded.
    await answers.next();
    this.#worker = { process: child, answers, jobs: 0 };
    return this.#worker;
  }

  async #dismiss(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    worker.process.stdin?.end();
    await exitOf(worker.process);
  }

  get #surroundings(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: this.#temporary, NO_COLOR: '1' };
  }

  #streams(who: string): [number, number] {
    return [openSync(join(this.folder, `${who}.stdout`), 'w'), openSync(join(this.folder, `${who}.stderr`), 'w')];
  }

  #printed(who: string): { readonly stdout: string; readonly stderr: string } {
    const read = (name: string): string => readFileSync(join(this.folder, `${who}.${name}`), 'utf8');
    return { stdout: read('stdout'), stderr: read('stderr') };
  }
}

/** The command lines' results are not compared with those of the unharmed input. */
function withoutDigest(expectation: Case['expectation']): Case['expectation'] {
  return expectation === 'same' ? 'sound' : expectation;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

/** The files of a folder with what tells whether they changed. */
function listing(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(folder, path), createHash('sha256').update(readFileSync(path)).digest('hex')];
      }),
  );
}

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].filter((path) => before.get(path) !== after.get(path)).sort();
}

async function firstUnsound(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await unsoundFile(path);
    if (found !== undefined) return found;
  }
  return undefined;
}
