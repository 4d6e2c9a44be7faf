import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { Redis } from 'ioredis';
import { attacks } from './soakAttacks.ts';

/** How the queue is treated. */
export interface SoakOptions {
  /** The experiment, which takes `trials` trainings. */
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly trials: number;
  /** How many finished epochs lie between two kills of a worker, and between two of Redis. */
  readonly workerKills: number;
  readonly redisKills: number;
  /** The command line's script. */
  readonly program: string;
  /** How redis-server is started. */
  readonly redis: { readonly command: string; readonly env: Readonly<Record<string, string>> };
  readonly say?: (line: string) => void;
}

/** What came of it; everything that is wrong stands in `faults`. */
export interface SoakReport {
  readonly faults: readonly string[];
  /** What could not be tried here, and why. */
  readonly skipped: readonly string[];
  readonly kills: number;
  readonly redisKills: number;
  readonly attacks: number;
}

const PASSWORD = 'p@ss/w#rd%41';

/**
 * A sweep through a queue that has everything against it: workers are killed, Redis too, one worker's disk is full,
 * another's folder can not be written, and somebody writes into Redis. What is done when follows from what the workers
 * say, not from a clock.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const root = await mkdtemp(join(tmpdir(), 'earthmorph-soak-'));
  const run = new Soak(root, options);
  try {
    return await run.report();
  } finally {
    await run.end();
    await rm(root, { recursive: true, force: true });
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

class Soak {
  readonly #children = new Set<ChildProcess>();
  readonly #mounted: string[] = [];
  readonly #faults: string[] = [];
  readonly #skipped: string[] = [];
  #port = 0;
  #server: ChildProcess | undefined;
  #log = '';

  constructor(
    private readonly root: string,
    private readonly options: SoakOptions,
  ) {}

  #path(...names: string[]): string {
    return join(this.root, ...names);
  }

  #say(line: string): void {
    this.options.say?.(line);
  }

  async report(): Promise<SoakReport> {
    for (const name of ['victim', 'home', 'temporary', 'redis']) await mkdir(this.#path(name));
    for (const name of ['victim/kept.txt', 'home/.bashrc']) await writeFile(this.#path(name), 'as it was\n');
    await writeFile(this.#path('grid.json'), JSON.stringify(this.options.experiment));
    this.#say('without trouble');
    const plain = await this.#earthmorph([
      'sweep',
      this.#path('grid.json'),
      '--out',
      this.#path('whole'),
      '--processes',
      '2',
    ]).ended;
    if (plain.code !== 0) throw new Error(`the sweep without trouble failed:\n${plain.out}`);
    const before = await this.#untouchable();

    await this.#startRedis();
    const sweep = this.#earthmorph(['sweep', this.#path('grid.json'), '--out', this.#path('out'), ...this.#queue()]);
    await this.#fullDisk();
    await this.#readOnly();
    const counts = await this.#troubled(sweep.ended);
    const ended = await sweep.ended;
    this.#log += ended.out;
    if (ended.code !== 0) this.#faults.push(`the sweep ended with exit code ${ended.code}:\n${ended.out}`);
    await this.#compare(ended.out);
    const after = await this.#untouchable();
    for (const [name, sum] of after) if (before.get(name) !== sum) this.#faults.push(`${name} was touched`);
    for (const name of before.keys()) if (!after.has(name)) this.#faults.push(`${name} was removed`);
    if (this.#log.includes(PASSWORD) || this.#log.includes(encodeURIComponent(PASSWORD)))
      this.#faults.push('the password was printed');
    if (stripVTControlCharacters(this.#log) !== this.#log) this.#faults.push('an escape sequence was printed');
    return { faults: this.#faults, skipped: this.#skipped, ...counts };
  }

  /** Ends what was started. */
  async end(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#server?.kill('SIGKILL');
    for (const folder of this.#mounted) spawnSync('umount', [folder]);
    await Promise.all([...this.#children].map((child) => new Promise((resolve) => child.once('close', resolve))));
  }

  #queue(): string[] {
    return ['--queue', `redis://127.0.0.1:${this.#port}`];
  }

  #earthmorph(args: readonly string[], onLine: (line: string) => void = () => undefined): Running {
    const child = spawn(process.execPath, [this.options.program, ...args], {
      cwd: this.#path('home'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOME: this.#path('home'),
        TMPDIR: this.#path('temporary'),
        EARTHMORPH_QUEUE_PASSWORD: PASSWORD,
      },
    });
    this.#children.add(child);
    let out = '';
    let rest = '';
    const take = (text: Buffer): void => {
      out += text;
      rest += text;
      const lines = rest.split('\n');
      rest = lines.pop() as string;
      for (const line of lines) onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        this.#children.delete(child);
        resolve({ code, out });
      });
    });
    return { child, ended };
  }

  async #startRedis(): Promise<void> {
    this.#port ||= await freePort();
    const { command, env } = this.options.redis;
    const settings = { bind: '127.0.0.1', port: this.#port, dir: this.#path('redis'), save: '', appendonly: 'yes' };
    const args = Object.entries({ ...settings, appendfsync: 'always', requirepass: PASSWORD });
    this.#server = spawn(
      command,
      args.flatMap(([name, value]) => [`--${name}`, String(value)]),
      {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      },
    );
    const client = this.#client();
    await client.ping();
    client.disconnect();
  }

  #client(): Redis {
    const client = new Redis({ host: '127.0.0.1', port: this.#port, password: PASSWORD, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    return client;
  }

  /** A worker whose disk fills up while it trains. */
  async #fullDisk(): Promise<void> {
    const disk = this.#path('disk');
    await mkdir(disk);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk], {
      encoding: 'utf8',
    });
    if (status !== 0) {
      this.#skipped.push(
        `a full disk (a small file system cannot be mounted: ${stderr?.trim() || 'there is no mount'})`,
      );
      return;
    }
    this.#mounted.push(disk);
    this.#say('a full disk');
    let filled: Promise<void> | undefined;
    const { ended } = this.#earthmorph(['worker', ...this.#queue(), '--scratch', disk], (line) => {
      if (/: epoch 1$/.test(line))
        filled ??= writeFile(join(disk, 'filler'), Buffer.alloc(1 << 26)).catch(() => undefined);
    });
    await this.#expectTrouble(
      ended,
      /given back to the queue, since this machine cannot work on it: .*the disk is full/,
    );
    await filled;
  }

  /** A worker that cannot write into its folder, whoever it is. */
  async #readOnly(): Promise<void> {
    this.#say('a folder that cannot be written');
    const inTheWay = this.#path('file');
    await writeFile(inTheWay, '');
    const scratch = join(inTheWay, 'scratch');
    await this.#expectTrouble(
      this.#earthmorph(['worker', ...this.#queue(), '--scratch', scratch]).ended,
      /cannot be written \(a part of the path is a file/,
    );
    const folder = this.#path('read-only');
    await mkdir(folder);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder], { encoding: 'utf8' });
    if (status !== 0) {
      this.#skipped.push(`a read-only disk (it cannot be mounted: ${stderr?.trim() || 'there is no mount'})`);
      return;
    }
    this.#mounted.push(folder);
    await this.#expectTrouble(
      this.#earthmorph(['worker', ...this.#queue(), '--scratch', folder]).ended,
      /cannot be written \(the disk is read-only/,
    );
  }

  async #expectTrouble(ended: Promise<Ended>, sentence: RegExp): Promise<void> {
    const { code, out } = await ended;
    this.#log += out;
    if (code !== 2 || !sentence.test(out))
      this.#faults.push(`exit code 2 and ${sentence} expected, but ${code}:\n${out}`);
  }

  /** Workers that are killed, a Redis that is killed, and attacks, each after so many epochs. */
  async #troubled(sweep: Promise<Ended>): Promise<Pick<SoakReport, 'kills' | 'redisKills' | 'attacks'>> {
    const counts = { kills: 0, redisKills: 0, attacks: 0 };
    let isOver = false;
    let epochs = 0;
    const writer = this.#client();
    const left = attacks(this.#path('victim'));
    let doing = Promise.resolve();
    const workers = new Set<Running>();
    const employ = (): void => {
      const worker = this.#earthmorph(['worker', ...this.#queue(), '--stalled-after', '2'], (line) => {
        this.#log += `${line}\n`;
        if (!isOver && /: epoch \d+$/.test(line)) afterEpoch(worker.child);
      });
      workers.add(worker);
      void worker.ended.then(() => {
        workers.delete(worker);
        if (!isOver) employ();
      });
    };
    const afterEpoch = (child: ChildProcess): void => {
      epochs++;
      const { workerKills, redisKills } = this.options;
      if (epochs % workerKills === 0) {
        counts.kills++;
        child.kill('SIGKILL');
      }
      if (epochs % redisKills === 0)
        doing = doing.then(async () => {
          this.#say('Redis is killed');
          counts.redisKills++;
          const gone = new Promise((resolve) => this.#server?.once('exit', resolve));
          this.#server?.kill('SIGKILL');
          await gone;
          await this.#startRedis();
        });
      const attack = left.shift();
      if (attack)
        doing = doing.then(async () => {
          this.#say(attack.name);
          counts.attacks++;
          await attack.write(writer).catch((error: Error) => this.#say(`  ${error.message}`));
        });
    };
    employ();
    employ();
    await sweep;
    isOver = true;
    await doing;
    writer.disconnect();
    const last = [...workers];
    for (const { child } of last) child.kill('SIGINT');
    for (const { ended } of last) {
      const { code, out } = await ended;
      if (code !== 0) this.#faults.push(`a worker ended with exit code ${code} after Ctrl-C:\n${out.slice(-2000)}`);
    }
    if (left.length > 0) this.#skipped.push(`${left.length} attacks, as the sweep was done before`);
    return counts;
  }

  /** Every trial was finished once, and to the numbers of the sweep without trouble. */
  async #compare(said: string): Promise<void> {
    const ids = await readdir(this.#path('whole', 'trials'));
    if (ids.length !== this.options.trials) this.#faults.push(`${ids.length} trials, not ${this.options.trials}`);
    for (const id of ids) {
      const times = said.split('\n').filter((line) => line.startsWith(`${id} is trained`)).length;
      if (times !== 1) this.#faults.push(`${id} was finished ${times} times`);
      const [own, whole] = await Promise.all(['out', 'whole'].map((name) => outcome(this.#path(name, 'trials', id))));
      if (own !== whole) this.#faults.push(`${id} came to other numbers:\n${own}\n${whole}`);
    }
    const others = (await readdir(this.#path('out', 'trials'))).filter((id) => !ids.includes(id));
    if (others.length > 0) this.#faults.push(`the sweep's folder holds ${others.join(', ')}`);
  }

  /** Sums of the files that nobody may touch, by their names. */
  async #untouchable(): Promise<ReadonlyMap<string, string>> {
    const sums = new Map<string, string>();
    const names = await readdir(this.root, { recursive: true, withFileTypes: true });
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(this.root, path);
      if (!entry.isFile() || /^(out|temporary|redis|disk|read-only|file)\b/.test(name)) continue;
      sums.set(
        name,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
    }
    return sums;
  }
}

/** What a trial came to, but for times. */
async function outcome(trial: string): Promise<string> {
  const text = await readFile(join(trial, 'trial.json'), 'utf8').catch(() => '{}');
  const { losses, ended, rules = {} } = JSON.parse(text) as { losses?: unknown; ended?: unknown; rules?: object };
  return JSON.stringify({ losses, ended, rules }, (key, value: unknown) => (key === 'seconds' ? undefined : value));
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Run by hand: `npm run soak`. */
async function main(): Promise<void> {
  const tool = (name: string): Promise<unknown> => import(new URL(name, import.meta.url).href);
  const { ensureRedis } = (await tool('ensure-redis.mjs')) as {
    ensureRedis(): SoakOptions['redis'] | { readonly reason: string };
  };
  const { ensureBuilt } = (await tool('ensure-built.mjs')) as { ensureBuilt(): void };
  const { GRID } = await import('../test/experiment/grid.ts');
  ensureBuilt();
  const redis = ensureRedis();
  if ('reason' in redis) throw new Error(`The queue cannot be tried without Redis: ${redis.reason}.`);
  const { faults, skipped, ...counts } = await soak({
    experiment: GRID,
    trials: 12,
    workerKills: 11,
    redisKills: 60,
    program: fileURLToPath(new URL('../dist/cli.js', import.meta.url)),
    redis,
    say: (line) => console.log(line),
  });
  for (const line of skipped) console.log(`left out: ${line}`);
  for (const line of faults) console.error(`FAULT: ${line}`);
  console.log(
    `12 trials, ${counts.kills} workers and ${counts.redisKills} times Redis killed, ${counts.attacks} attacks: ${faults.length === 0 ? 'every trial finished once, to the numbers of a run without trouble' : `${faults.length} faults`}`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
