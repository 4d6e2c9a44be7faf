import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ command: string, env: Record<string, string> } | { reason: string }} Redis */

const unpacked = fileURLToPath(new URL('../node_modules/.cache/earthmorph-redis', import.meta.url));
/** For all of it, in milliseconds. */
const LIMIT = 180_000;
const APT = ['-qq', '-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20'];

/**
 * Global setup of the tests: hands them a redis-server, which is got only if one of the tests to run needs it.
 * @param {import('vitest/node').TestProject} project
 */
export default async function setup(project) {
  // The filter is internal to Vitest: without it, all tests count as those to run.
  const tests = await project.vitest.globTestSpecifications(project.vitest.filenamePattern);
  const isNeeded = tests.some(({ moduleId }) => /from '.*\/redis\.ts'/.test(readFileSync(moduleId, 'utf8')));
  if (!isNeeded) return;
  const redis = ensureRedis();
  if ('reason' in redis) console.error(`The tests that need Redis are skipped: ${redis.reason}.`);
  project.provide('redis', redis);
}

/**
 * Finds a redis-server: the one that EARTHMORPH_REDIS_SERVER names, or one on the PATH, or one unpacked earlier. Where
 * there is none, gets it with apt-get.
 * @returns {Redis} how to start it, or why it cannot be had
 */
export function ensureRedis() {
  if (process.platform === 'win32') return { reason: 'the tests start redis-server on Linux and macOS only' };
  const named = process.env.EARTHMORPH_REDIS_SERVER;
  if (named) return usable(named) ?? { reason: `EARTHMORPH_REDIS_SERVER is ${named}, which does not run` };
  try {
    const found = usable('redis-server') ?? usableIn(unpacked);
    if (found) return found;
    if (!runs('apt-get')) return { reason: 'no redis-server on the PATH, and no apt-get to install it' };
    // Under systemd the package would start a service, and again at each boot, so there root unpacks it as others do.
    const isForAll = process.getuid?.() === 0 && !existsSync('/run/systemd/system');
    return (isForAll ? install() : unpack()) ?? { reason: 'apt-get got a redis-server that does not run' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      reason: `no redis-server on the PATH, and none to be had with apt-get: ${message.replace(/\.$/, '')}`,
    };
  }
}

function install() {
  console.error('Installing redis-server for the tests of the job queue (apt-get install, some 10 MB on disk)…');
  aptGet(runner(), ['-o', 'DPkg::Lock::Timeout=60']);
  return usable('redis-server');
}

/** Needs no rights: apt-get downloads what the system lacks, with lists and locks of its own. */
function unpack() {
  console.error(
    `Unpacking redis-server for the tests of the job queue into ${unpacked} (Debian packages, some 10 MB)…`,
  );
  mkdirSync(dirname(unpacked), { recursive: true });
  const work = mkdtempSync(`${unpacked}-`);
  try {
    const lists = join(work, 'lists');
    const archives = join(work, 'cache', 'archives');
    const files = join(work, 'files');
    for (const folder of [lists, archives]) mkdirSync(join(folder, 'partial'), { recursive: true });
    const options = [
      `Dir::State::lists=${lists}`,
      `Dir::Cache=${join(work, 'cache')}`,
      `Dir::Cache::archives=${archives}`,
      'Acquire::Languages=none',
      'APT::Sandbox::User=root',
      // There is nothing to lock: the system's packages are only read.
      'Debug::NoLocking=1',
    ].flatMap((option) => ['-o', option]);
    const run = runner();
    aptGet(run, options, ['--download-only']);
    for (const name of readdirSync(archives).filter((name) => name.endsWith('.deb')))
      run('dpkg-deb', ['-x', join(archives, name), files]);
    if (!usableIn(files)) return undefined;
    rmSync(unpacked, { recursive: true, force: true });
    renameSync(files, unpacked);
    return usableIn(unpacked);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {ReturnType<typeof runner>} run
 * @param {string[]} options of both the update and the installation
 * @param {string[]} more of the installation
 */
function aptGet(run, options, more = []) {
  try {
    run('apt-get', [...APT, ...options, 'update']);
  } catch {
    // Any source that fails ends here, be it one that has no Redis: the installation knows whether it matters.
  }
  run('apt-get', [...APT, ...options, ...more, 'install', '-y', '--no-install-recommends', 'redis-server']);
}

/** @param {string} folder where packages were unpacked */
function usableIn(folder) {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const libraries = names.filter((name) => /\.so(\.\d+)*$/.test(name)).map((name) => dirname(join(folder, name)));
  const path = [...new Set(libraries), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return usable(join(folder, 'usr', 'bin', 'redis-server'), path ? { LD_LIBRARY_PATH: path } : {});
}

/**
 * @param {string} command
 * @param {Record<string, string>} env
 */
function usable(command, env = {}) {
  return runs(command, env) ? { command, env } : undefined;
}

/**
 * @param {string} command
 * @param {Record<string, string>} env
 */
function runs(command, env = {}) {
  const options = { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 60_000 };
  return spawnSync(command, ['--version'], options).status === 0;
}

/** Runs commands one after another within one time limit; one that fails throws what it said. */
function runner() {
  const end = Date.now() + LIMIT;
  // Without systemd, packages start their services through invoke-rc.d, which starts none in runlevel 1.
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', PREVLEVEL: 'N' };
  /** @type {(command: string, args: string[]) => void} */
  return (command, args) => {
    const options = { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' };
    const { status, error, stderr } = spawnSync(command, args, { ...options, timeout: Math.max(1, end - Date.now()) });
    if (status === 0) return;
    if (error?.code === 'ETIMEDOUT') throw new Error(`it takes more than ${LIMIT / 60_000} minutes`);
    throw new Error(stderr?.match(/^E: (.+)$/m)?.[1] ?? error?.message ?? `${command} failed`);
  };
}
