import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLabels } from '../../src/file/volumeFile.ts';
import { earthmorph, temporaryFolder } from '../cli/support.ts';

const at = temporaryFolder();
const OPTIONS = ['--model', 'none', '--refine', '15', '--json'];

interface Pair {
  readonly fixed: string;
  readonly moving: string;
  readonly diceAfter: number;
  readonly hd95After: number;
  readonly sdLogJacobian: number;
}

beforeAll(async () => {
  const made = ['data', 'phantom', '--out', at('made'), '--cases', '4', '--size', '24,32,24'];
  expect((await earthmorph(made)).code).toBe(0);
  for (const folder of ['imagesTr', 'labelsTr']) {
    await mkdir(at(`task/${folder}`), { recursive: true });
    for (const name of await readdir(at(`made/${folder}`))) {
      const number = name.match(/\d+/)?.[0].padStart(4, '0');
      await copyFile(at(`made/${folder}/${name}`), at(`task/${folder}/Phantom_${number}_0000.nii.gz`));
    }
  }
  const image = (n: number): string => `./imagesTr/Phantom_000${n}_0000.nii.gz`;
  const training = [1, 2, 3, 4].map((n) => ({ image: image(n), label: image(n).replace('images', 'labels') }));
  const registration_val = [
    { fixed: image(1), moving: image(2) },
    { fixed: image(3), moving: image(4) },
  ];
  await writeFile(at('task/dataset.json'), JSON.stringify({ name: 'Phantom', training, registration_val }));
});

/** A field as the challenge reads it: shape and values, first axis fastest. */
async function field(path: string): Promise<{ shape: number[]; data: Float32Array }> {
  const bytes = gunzipSync(await readFile(path));
  const dims = Array.from({ length: 8 }, (_, n) => bytes.readInt16LE(40 + 2 * n));
  expect(bytes.readInt16LE(70)).toBe(16);
  const from = bytes.readFloatLE(108);
  const count = dims.slice(1, dims[0]! + 1).reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, (_, n) => bytes.readFloatLE(from + 4 * n));
  return { shape: dims.slice(1, dims[0]! + 1), data };
}

describe('a submission', () => {
  it('holds fields that an evaluation after the challenge’s judges as EarthMorph does', async () => {
    const run = await earthmorph(['submission', '--data', at('task'), '--out', at('out'), ...OPTIONS]);
    expect(run.code, run.stderr).toBe(0);
    const { pairs } = JSON.parse(run.stdout) as { pairs: Pair[] };
    expect((await readdir(at('out'))).sort()).toEqual(['disp_0001_0002.nii.gz', 'disp_0003_0004.nii.gz']);
    for (const [n, [f, m]] of [
      ['0001', '0002'],
      ['0003', '0004'],
    ].entries()) {
      const { shape, data } = await field(at(`out/disp_${f}_${m}.nii.gz`));
      const fixed = await readLabels(at(`task/labelsTr/Phantom_${f}_0000.nii.gz`));
      const moving = await readLabels(at(`task/labelsTr/Phantom_${m}_0000.nii.gz`));
      const [nx, ny, nz] = fixed.size;
      expect(shape).toEqual([nx, ny, nz, 3]);
      const count = nx * ny * nz;
      const moved = new Int32Array(count);
      for (let v = 0; v < count; v++) {
        const own = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / nx / ny)];
        const [i, j, k] = own.map((index, a) => Math.round(index + data[v + a * count]!)) as [number, number, number];
        if (i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz) moved[v] = moving.data[i + nx * (j + ny * k)]!;
      }
      const dice = [1, 2].map((label) => {
        const [a, b] = [moved, fixed.data].map((all) => all.reduce((sum, value) => sum + Number(value === label), 0));
        const both = moved.reduce((sum, value, v) => sum + Number(value === label && fixed.data[v] === label), 0);
        return (2 * both) / (a! + b!);
      });
      // A voxel on the border between two may fall to either side.
      expect(Math.abs((dice[0]! + dice[1]!) / 2 - pairs[n]!.diceAfter)).toBeLessThan(2e-3);
      expect(Math.abs(sdLogDeterminant(data, [nx, ny, nz]) - pairs[n]!.sdLogJacobian)).toBeLessThan(2e-3);
    }
  });

  it('says what is missing, and leaves nothing half-written', async () => {
    const none = await earthmorph(['submission', '--data', at('task'), '--split', 'test', '--out', at('none')]);
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/lists no test pairs .* it lists validation pairs \(--split\)/);
    const other = await earthmorph(['submission', '--data', at('made'), '--out', at('none'), ...OPTIONS]);
    expect(other.stderr).toMatch(/lists no validation pairs .* give the folder of a Learn2Reg task/);
    const again = await earthmorph(['submission', '--data', at('task'), '--out', at('out'), ...OPTIONS]);
    expect(again.stderr).toMatch(/already holds files/);
    expect(await readdir(at('.'))).not.toContain('none');
  });
});

/** SD over inner voxels of the logarithm of the determinant of identity plus central differences, clipped at 1e-9. */
function sdLogDeterminant(data: Float32Array, [nx, ny, nz]: readonly [number, number, number]): number {
  const count = nx * ny * nz;
  const logs: number[] = [];
  const steps = [1, nx, nx * ny];
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1; i < nx - 1; i++) {
        const v = i + nx * (j + ny * k);
        const d = (c: number, a: number): number =>
          (data[v + c * count + steps[a]!]! - data[v + c * count - steps[a]!]!) / 2 + Number(c === a);
        const determinant =
          d(0, 0) * (d(1, 1) * d(2, 2) - d(1, 2) * d(2, 1)) -
          d(0, 1) * (d(1, 0) * d(2, 2) - d(1, 2) * d(2, 0)) +
          d(0, 2) * (d(1, 0) * d(2, 1) - d(1, 1) * d(2, 0));
        logs.push(Math.log(Math.min(Math.max(determinant, 1e-9), 1e9)));
      }
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);
}
