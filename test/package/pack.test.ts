import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { TESTED } from '../support/tested.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isInstalledInFull = process.env.EARTHMORPH_FULL_INSTALL === '1';
const execute = promisify(execFile);

/** Runs npm without the settings of the npm that may run the tests; returns its standard output. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache)$)/i.test(name));
  const env = Object.fromEntries(inherited);
  const program = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  const { stdout } = program
    ? await execute(process.execPath, [program, ...args], { cwd, env })
    : await execute('npm', [...args], { cwd, env, shell: process.platform === 'win32' });
  return stdout;
}

/** Whether npm reaches its registry, which only a full install needs. */
async function registryAnswers(): Promise<boolean> {
  return npm(['ping', '--fetch-retries=0', '--fetch-timeout=10000'], tmpdir()).then(
    () => true,
    () => false,
  );
}

/** The package as a user has it: the tarball unpacked, beside it the packages it declares and no others. */
async function unpack(tarball: string, user: string): Promise<void> {
  const own = join(user, 'node_modules', 'earthmorph');
  await mkdir(own, { recursive: true });
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', own]);
  for (const name of Object.keys(packageJson.dependencies)) {
    const link = join(user, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await realpath(join(root, 'node_modules', name)), link, 'junction');
  }
}

let user = '';
let tarball = '';
const installed = (...names: readonly string[]): string => join(user, 'node_modules', 'earthmorph', ...names);

const isPossible = !isInstalledInFull || (await registryAnswers());
const how = isPossible
  ? isInstalledInFull
    ? 'installed with npm'
    : 'unpacked; EARTHMORPH_FULL_INSTALL=1 installs it with npm'
  : 'skipped: the package registry cannot be reached';

describe.skipIf(!isPossible)(`the package (${how})`, () => {
  beforeAll(async () => {
    user = await realpath(await mkdtemp(join(tmpdir(), 'earthmorph-package-')));
    await writeFile(join(user, 'package.json'), '{ "private": true, "type": "module" }\n');
    // Without scripts: what is packed is the build that the tests run on.
    const name = await npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', user], TESTED);
    tarball = join(user, name.trim());
    if (isInstalledInFull) await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball], user);
    else await unpack(tarball, user);
  });
  afterAll(() => rm(user, { recursive: true, force: true }));

  it('holds the program, its models, its documents and examples, and nothing else', async () => {
    const files = readdirSync(installed(), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => !name.startsWith('node_modules') && /\.[a-z]+$|LICENSE/.test(name));
    const expected =
      /^(dist\/[\w-]+(\.d)?\.js|dist\/[\w-]+\.d\.ts|dist\/web\/((index|training|runs)\.html|(assets|worker)\/[\w.-]+)|models\/\S+|experiments\/[\w-]+\.(json|txt)|docs\/\S+\.(md|svg|png)|examples\/([\w-]+\/)?[\w-]+\.(ts|html)|(README|CHANGELOG)\.md|LICENSE|package\.json)$/;
    expect(files.filter((name) => !expected.test(name))).toEqual([]);
    for (const name of ['LICENSE', 'CHANGELOG.md', ...['README.md'].filter(isInProject)]) expect(files).toContain(name);
    for (const model of modelFiles()) expect(files).toContain(`models/${model}`);
    // The runtimes of the page take 8.2 MB of it, the models 4.8, the readers of ITK 2.
    expect((await stat(tarball)).size).toBeLessThan(19e6);
  });

  it('packs anew without touching what the tests run', async () => {
    const program = join(TESTED, 'dist', 'cli.js');
    const before = await stat(program);
    await npm(['pack', '--silent', '--pack-destination', user], root);
    expect(await stat(program)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('needs no install script of its dependencies, and runs none in a clone', () => {
    const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const withScript = Object.entries(locked.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = withScript.map(([path]) => path.replace(/^.*node_modules\//, ''));
    // npm 10 knows no allowScripts and goes by the lock file's mark: take "hasInstallScript" away there.
    expect(names).not.toContain('onnxruntime-node');
    expect(packageJson.allowScripts).toEqual(
      Object.fromEntries(['onnxruntime-node', ...names].map((name) => [name, false])),
    );
  });

  it('says what to install for what only few need', async () => {
    const scan = join(user, 'scan.gipl');
    await writeFile(scan, 'none');
    const refused = (...args: string[]): Promise<unknown> =>
      execute(process.execPath, [installed(packageJson.bin.earthmorph), ...args], { cwd: user });
    await expect(refused('worker', '--queue', 'redis://127.0.0.1:1')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^earthmorph: [^\n]* run: npm install bullmq ioredis\n$/),
    });
    await expect(refused('distance', scan, scan)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^earthmorph: [^\n]* run: npm install @itk-wasm\/image-io\n$/),
    });
  });

  it('has every file that package.json names', () => {
    const named = [
      packageJson.types,
      packageJson.bin.earthmorph,
      ...Object.values(packageJson.exports).flatMap(targets),
    ];
    for (const path of named) expect(existsSync(installed(path)), path).toBe(true);
    expect(readFileSync(installed(packageJson.bin.earthmorph), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('names no folder of the machine that built it', () => {
    for (const name of readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' }))
      if (/\.[a-z]+$/.test(name))
        expect(readFileSync(installed('dist', name), 'utf8').includes(root), name).toBe(false);
  });

  it('runs from the command line', async () => {
    const { stdout } = isInstalledInFull
      ? await execute(join(user, 'node_modules', '.bin', 'earthmorph'), ['--version'], { cwd: user })
      : await execute(process.execPath, [installed(packageJson.bin.earthmorph), '--version'], { cwd: user });
    expect(stdout).toBe(`${packageJson.version}\n`);
  });

  it('computes when it is imported', async () => {
    const program = `
      import { graph } from 'earthmorph';
      import { nodeFiles } from 'earthmorph/node';
      const g = new graph.Graph('sum');
      const program = await graph.compile(g, { out: graph.sum(g.input('x', [3])) });
      const { out } = await program.run({ x: Float32Array.of(1, 2, 4) });
      console.log(out[0], typeof nodeFiles);`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', program], { cwd: user });
    expect(stdout).toBe('7 function\n');
  });

  it('needs nothing of Node behind its main entry', () => {
    const seen = new Set<string>();
    const pending = ['index.js'];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const text = readFileSync(installed('dist', name), 'utf8');
      expect(text.match(/(?:from|import)\s*\(?\s*["']node:[^"']+["']/g) ?? [], name).toEqual([]);
      for (const [, next] of text.matchAll(/(?:from|import)\s*\(?\s*["']\.\/([^"']+)["']/g))
        pending.push(next as string);
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

function targets(entry: string | { types: string; default: string }): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry);
}

function isInProject(name: string): boolean {
  return existsSync(join(root, name));
}

function modelFiles(): string[] {
  return isInProject('models') ? readdirSync(join(root, 'models')) : [];
}
