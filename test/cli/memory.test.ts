import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeVolume } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { randomStream } from '../../src/random.ts';
import type { Size, Vec3 } from '../../src/volume/grid.ts';
import { scaling } from '../../src/volume/matrix.ts';
import { randomModel } from '../support/phantomModel.ts';
import { earthmorph, expectRefusal, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const out = (): string => at('moved.nii.gz');

async function scan(name: string, size: Size, spacing: Vec3): Promise<void> {
  const random = randomStream(1, name);
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, () => 100 + 10 * random.normal());
  await writeVolume(at(name), { size, affine: scaling(spacing), data });
}

beforeAll(async () => {
  await scan('body.nii.gz', [47, 47, 59], [8, 8, 8]);
  await scan('metres.nii.gz', [20, 20, 20], [1000, 1000, 1000]);
  await scan('small.nii.gz', [24, 24, 24], [1, 1, 1]);
  await writeFile(at('model.onnx'), encodeModel(randomModel()));
});

const register = (name: string, ...options: string[]): string[] => [
  ...['register', '--fixed', at(name), '--moving', at(name), '--moved', out()],
  ...options,
];

describe('what cannot fit is refused before any work', () => {
  it("a field of view that a model's grid would have to grow to, where the model does not say what it fits", async () => {
    const sentence =
      /^earthmorph: The grid is too large: it needs 20000×20000×20000 voxels of 1 mm, .*; a model works only at its own voxel size: leave --model out, or give smaller scans\.\n$/;
    await expectRefusal(register('metres.nii.gz', '--model', at('model.onnx')), sentence, out());
  });

  it('but a model that says it is left aside, with a sentence', async () => {
    const args = register('body.nii.gz', '--model', 'hippocampus').with(6, at('aside.nii.gz'));
    const { code, stderr } = await earthmorph(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Note: The model was trained on .* 376 × 376 × 472 mm\. It is registered without the model/,
    );
  });

  it('but not what that sentence sends to', async () => {
    const quick = ['--align', 'none', '--levels', '2000:2'];
    const args = register('metres.nii.gz', ...quick).with(6, at('registered.nii.gz'));
    expect(await earthmorph(args)).toMatchObject({ code: 0, stderr: expect.stringMatching(/ at 2000 mm by NCC/) });
  });

  it('voxels that are too small', async () => {
    const refine = ['--model', 'none', '--refine', '2', '--loss', 'mse'];
    const tiny = register('small.nii.gz', ...refine, '--spacing', '0.01');
    await expectRefusal(tiny, /The grid is too large: it needs 2400×2400×2400 voxels of 0\.01 mm, .* --spacing/, out());
  });

  const short = (megabytes: number) => ({ env: { EARTHMORPH_MEMORY: String(megabytes / 1000) } });

  it.each<[string, () => string[], RegExp]>([
    ['a network', () => ['--model', at('model.onnx')], /needs about 0\.\d+ GB of memory, .* leave --model out/],
    [
      'a refinement',
      () => ['--model', 'none', '--refine', '2'],
      /its computation needs .* give larger voxels with --spacing/,
    ],
    ['an alignment', () => ['--model', 'none', '--align', 'rigid'], /needs about 0\.\d+ GB of memory/],
  ])('%s that needs more memory than there is', async (_, options, sentence) => {
    const { code, stdout, stderr } = await earthmorph(register('small.nii.gz', ...options()), short(3));
    expect(stderr).toMatch(/^earthmorph: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('scans that are too large themselves', async () => {
    const { code, stderr } = await earthmorph(register('small.nii.gz'), short(0.5));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^earthmorph: The scans are too large \(24×24×24 and 24×24×24 voxels\): [^\n]+\n$/);
  });

  it('a training, before a scan is read', async () => {
    expect(
      (await earthmorph(['data', 'phantom', '--out', at('data'), '--cases', '6', '--size', '24,24,24'])).code,
    ).toBe(0);
    const train = ['train', '--data', at('data'), '--out', at('run'), '--epochs', '1', '--loss', 'mse'];
    const tooFine = /The grid is too large: it needs 400×400×400 voxels of 0\.16 mm, .*; give a smaller --size\./;
    await expectRefusal([...train, '--size', '400'], tooFine, at('run'));
    for (const [megabytes, sentence] of [
      [1, /volumes of 32×32×32 voxels need about 0\.\d+ GB of memory/],
      [20, /its computation needs about 0\.\d+ GB of memory, .* give a smaller --size/],
    ] as const) {
      const { code, stdout, stderr } = await earthmorph([...train, '--size', '32'], short(megabytes));
      expect(stderr).toMatch(/^earthmorph: [^\n]+\n$/);
      expect(stderr).toMatch(sentence);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(existsSync(at('run'))).toBe(false);
    }
  });

  it('EARTHMORPH_MEMORY must be a size', async () => {
    const { code, stdout, stderr } = await earthmorph(['--version'], { env: { EARTHMORPH_MEMORY: 'lots' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('earthmorph: EARTHMORPH_MEMORY is lots; set it to a number of GB above 0, or unset it.\n');
  });
});
