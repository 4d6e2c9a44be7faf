/**
 * Packs what a machine without Node needs to train and to be timed on its graphics card into one archive: Node, ONNX
 * Runtime with its WebGPU provider, the loaders of graphics drivers, the program, the measurements and a data set.
 * Usage: tsx bench/gpu/pack.ts <folder for the archive> [data set's folder]. See bench/gpu.md.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import { bundlePageScripts } from '../../tools/bundle-page-scripts.ts';

/** The archive may not be larger, so that it can be carried. */
const MOST = 60e6;
/** Debian's packages with the loaders that a driver of NVIDIA asks for beside Vulkan's own. */
const LOADERS = ['libvulkan1', 'libegl1', 'libglvnd0', 'libopengl0', 'libgl1', 'libglx0', 'libgles2'];
/** And the libraries that those load. */
const WINDOWS = ['libx11-6', 'libxcb1', 'libxau6', 'libxdmcp6', 'libxext6', 'libbsd0', 'libmd0'];
/** What no training and no measurement loads. */
const LEFT_OUT = ['@niivue/dcm2niix', '@resvg/resvg-js', '@itk-wasm/image-io', 'bullmq', 'h5wasm', 'ioredis'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const [target, data] = process.argv.slice(2).map((path) => resolve(path));
if (target === undefined) throw new Error('Give the folder for the archive.');

const folder = mkdtempSync(join(tmpdir(), 'earthmorph-pack-'));
try {
  await pack(folder, target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function pack(into: string, where: string): Promise<void> {
  await bundlePageScripts();
  await build({
    config: false,
    cwd: root,
    entry: { cli: 'src/cli/main.ts', step: 'bench/gpu/step.ts', table: 'bench/gpu/table.ts' },
    outDir: join(into, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    dts: false,
    fixedExtension: false,
    logLevel: 'warn',
    deps: { alwaysBundle: [/.*/], neverBundle: [/^node:/, 'onnxruntime-node', 'onnxruntime-web', ...LEFT_OUT] },
  });
  copyFileSync(join(root, 'package.json'), join(into, 'package.json'));
  copyFileSync(join(root, 'bench', 'pytorch_step.py'), join(into, 'pytorch_step.py'));
  packRuntime(into);
  packLoaders(into);
  copyFileSync(process.execPath, join(into, 'node'));
  strip(join(into, 'node'));
  if (data !== undefined) packData(data, join(into, 'data'));
  mkdirSync(where, { recursive: true });
  const archive = join(where, 'earthmorph-gpu.tar.xz');
  execFileSync('tar', ['-C', into, '-cf', archive, '-I', 'xz -9', '.']);
  copyFileSync(join(root, 'bench', 'gpu', 'run.sh'), join(where, 'run.sh'));
  const { size } = statSync(archive);
  if (size > MOST) throw new Error(`${archive} has ${size} bytes, more than ${MOST}; give a smaller data set.`);
  console.log(`${archive}: ${(size / 1e6).toFixed(1)} MB`);
}

/** ONNX Runtime for this platform. */
function packRuntime(into: string): void {
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    const from = join(root, 'node_modules', name);
    const to = join(into, 'node_modules', name);
    cpSync(join(from, 'package.json'), join(to, 'package.json'));
    cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) });
  }
  const binaries = join('node_modules', 'onnxruntime-node', 'bin', 'napi-v6', process.platform, process.arch);
  cpSync(join(root, binaries), join(into, binaries), { recursive: true });
  for (const name of readdirSync(join(into, binaries))) strip(join(into, binaries, name));
}

/** Debian's packages of loaders, for a machine that has a driver but nothing that loads it. */
function packLoaders(into: string): void {
  for (const [name, packages] of Object.entries({ loaders: LOADERS, windows: WINDOWS })) {
    const unpacked = join(into, name);
    mkdirSync(unpacked);
    execFileSync('apt-get', ['-qq', 'download', ...packages], { cwd: unpacked, stdio: 'ignore' });
    for (const file of readdirSync(unpacked).filter((each) => each.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', file, '.'], { cwd: unpacked });
      rmSync(join(unpacked, file));
    }
    for (const rest of ['doc', 'bug', 'lintian'])
      rmSync(join(unpacked, 'usr', 'share', rest), { recursive: true, force: true });
  }
}

/** A data set, without its own compression, which the archive's exceeds. */
function packData(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const packed = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gz'));
  execFileSync('gunzip', ['--', ...packed], { cwd: to });
}

function strip(file: string): void {
  execFileSync('strip', ['--strip-unneeded', file]);
}
