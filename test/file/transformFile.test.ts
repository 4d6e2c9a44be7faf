import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readTransforms, writeChain } from '../../src/file/transformFile.ts';
import { readWarp } from '../../src/file/volumeFile.ts';
import type { Vec3 } from '../../src/volume/grid.ts';
import { chainPoints, invertChain } from '../../src/volume/transformChain.ts';
import itk from '../fixtures/itk/points.json' with { type: 'json' };
import { writeItkFiles } from '../support/itkFiles.ts';

/** Transforms that ITK 5.2.1 wrote as text, the same in its other formats, and where it takes points (LPS mm). */
const fixture = (name: string): string =>
  name.endsWith('.tfm') ? fileURLToPath(new URL(`../fixtures/itk/${name}`, import.meta.url)) : join(folder, name);
const flipped = (points: readonly (readonly number[])[]): Vec3[] => points.map(([x, y, z]) => [-x!, -y!, z!]);
const points = flipped(itk.points);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-transforms-'));
  await writeItkFiles(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const read = (names: string) =>
  readTransforms(names.split(' ').map((each) => each.replace(/[^:]+$/, (name) => fixture(name))));

function expectPoints(found: readonly Vec3[], wanted: readonly Vec3[], digits = 4): void {
  for (const [n, point] of found.entries())
    for (const [axis, value] of point.entries()) expect(value).toBeCloseTo(wanted[n]![axis]!, digits);
}

describe('transforms', () => {
  test.each(Object.entries(itk.moved))('%s take points where ITK takes them', async (names, moved) => {
    const chain = await read(names);
    expectPoints(chainPoints(chain, points), flipped(moved));
    expectPoints(chainPoints(invertChain(chain), flipped(moved)), points, 1);
  });

  test('inverse: of a composite takes its parts backwards', async () => {
    const [forth, back] = [await read('composite.tfm'), await read('inverse:composite.tfm')];
    expectPoints(chainPoints([...forth, ...back], points), points, 2);
  });

  test('are joined as a warp, or as one matrix where all are linear', async () => {
    const chain = await read('field.mha affine.mat');
    const grid = await readWarp(fixture('field.mha'));
    for (const name of ['joined.nii.gz', 'joined.nrrd', 'joined.mha']) {
      const path = join(folder, name);
      await writeChain(path, chain, async () => grid);
      // Between voxels, a warp is interpolated, and an affine behind it changes nothing about that.
      expectPoints(chainPoints(await readTransforms([path]), points), flipped(itk.moved['field.mha affine.mat']), 3);
    }
    await expect(writeChain(join(folder, 'a.tfm'), chain, async () => grid)).rejects.toThrow(
      /can hold only linear transforms/,
    );
    const linear = await read('affine.mat inverse:other.tfm');
    const path = join(folder, 'linear.tfm');
    await writeChain(path, linear, async () => grid);
    expectPoints(chainPoints(await readTransforms([path]), points), chainPoints(linear, points), 9);
  });
});

describe("ITK's composite in HDF5", () => {
  test('comes back with its parts as they were', async () => {
    const chain = await read('field.mha affine.mat other.tfm');
    const path = join(folder, 'parts.h5');
    await writeChain(path, chain, () => Promise.reject(new Error('no grid is needed')));
    const back = await readTransforms([path]);
    expect(back.map((each) => Object.keys(each))).toEqual([['warp'], ['matrix'], ['matrix']]);
    expectPoints(chainPoints(back, points), chainPoints(chain, points), 9);
    // ITK reads text of any length in ASCII, and refuses UTF-8.
    const { File, ready } = await import('h5wasm');
    (await ready).FS.writeFile('/parts.h5', await readFile(path));
    const type = new File('/parts.h5', 'r').get('TransformGroup/0/TransformType');
    expect(type && 'metadata' in type ? type.metadata : {}).toMatchObject({ vlen: true, cset: 0 });
  });

  test('holds one warp where a part is the inverse of one, and one transform alone without a composite', async () => {
    const grid = await readWarp(fixture('field.mha'));
    const path = join(folder, 'one.h5');
    await writeChain(path, await read('inverse:field.mha'), async () => grid);
    const back = await readTransforms([path]);
    expect(back.map((each) => Object.keys(each))).toEqual([['warp']]);
    await writeChain(path, await read('affine.mat'), async () => grid);
    expectPoints(chainPoints(await readTransforms([path]), points), chainPoints(await read('affine.mat'), points), 9);
  });

  test('is refused where it announces more numbers than it can hold', async () => {
    const { File, ready } = await import('h5wasm');
    const { FS } = await ready;
    const file = new File('/huge.h5', 'w');
    const group = file.create_group('TransformGroup').create_group('0');
    group.create_dataset({ name: 'TransformType', data: ['AffineTransform_double_3_3'], dtype: 'A' });
    const data = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    const numbers = group.create_dataset({ name: 'TransformParameters', data, maxshape: [null], chunks: [12] });
    numbers.resize([40_000_000]);
    group.create_dataset({ name: 'TransformFixedParameters', data: Float64Array.of(0, 0, 0) });
    file.close();
    const path = join(folder, 'huge.h5');
    await writeFile(path, FS.readFile('/huge.h5'));
    await expect(readTransforms([path])).rejects.toThrow(/^\S+huge\.h5 is damaged or not an HDF5 file/);
  });

  test('is refused in one sentence where it is cut or no such file, without a word of HDF5', async () => {
    const streams = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
    for (const spy of [...streams, ...printed]) spy.mockImplementation(() => true as never);
    const bytes = await readFile(fixture('composite.h5'));
    const path = join(folder, 'cut.h5');
    const outcomes: string[] = [];
    for (const content of [
      bytes.subarray(0, 0),
      bytes.subarray(0, 100),
      bytes.subarray(0, -400),
      Buffer.from('hello'),
    ]) {
      await writeFile(path, content);
      outcomes.push(
        await readTransforms([path]).then(
          () => 'read',
          (error: Error) => `${error.name}: ${error.message}`,
        ),
      );
    }
    const words = [...streams, ...printed].flatMap(({ mock }) => mock.calls);
    for (const spy of [...streams, ...printed]) spy.mockRestore();
    expect(words).toEqual([]);
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^UserError: \S+cut\.h5 is damaged or not an HDF5 file[^\n]*\.$/);
  });
});

describe('is refused in one sentence', () => {
  test.each([0, 10, 30, 100, 192])('a .mat file that is cut after %i bytes', async (length) => {
    const path = join(folder, 'cut.mat');
    await writeFile(path, (await readFile(fixture('affine.mat'))).subarray(0, length));
    await expect(readTransforms([path])).rejects.toThrow(
      /cut\.mat (is damaged, or not a transform|must hold one 3-D transform)/,
    );
  });

  test('a composite of nothing, of two composites, or with a warp that does not fit', async () => {
    const text = (await readFile(fixture('composite.tfm'), 'utf8')).split(/(?=#Transform)/);
    const path = join(folder, 'odd.tfm');
    const refusal = async (parts: readonly string[]) => {
      await writeFile(path, parts.join(''));
      return readTransforms([path]).then(
        () => 'read',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    };
    expect(await refusal(text)).toBe('read');
    expect(await refusal(text.slice(0, 2))).toMatch(/^UserError: .* holds an empty composite transform/);
    expect(await refusal([text[0]!, text[2]!, text[2]!])).toMatch(/^UserError: .* must hold one 3-D transform/);
    expect(await refusal([...text, text[1]!])).toMatch(/^UserError: .* holds a CompositeTransform; give one of/);
    const cut = text[3]!.replace(/(Parameters: )\S+ /, '$1');
    expect(await refusal([...text.slice(0, 3), cut])).toMatch(/^UserError: .* whose numbers do not fit together/);
    const nan = text[3]!.replace(/(Parameters: )\S+ /, '$1x ');
    expect(await refusal([...text.slice(0, 3), nan])).toMatch(/^UserError: .* not a finite number/);
  });

  test('a scan as a transform', async () => {
    const path = join(folder, 'a.h5x');
    await copyFile(fixture('affine.mat'), path);
    await expect(readTransforms([path])).rejects.toThrow(/a\.h5x is not a NIfTI file/);
  });
});
