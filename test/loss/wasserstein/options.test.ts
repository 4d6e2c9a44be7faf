import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { chooseSimilarity } from '../../../src/loss/registry.ts';
import type { WassersteinOptions } from '../../../src/loss/wasserstein/options.ts';
import { randomStream } from '../../../src/random.ts';
import { lossProgram } from '../../support/lossProgram.ts';

const LOSSES = ['swd', 'radon', 'pswd'] as const;
const chosen = (name: string, options: Record<string, unknown> = {}): WassersteinOptions =>
  chooseSimilarity(name, options).options;

describe('without options', () => {
  it.each([
    ['swd', { patch: [0], embedding: 'lines', directions: 400, order: 2, axis: 'random', coordinates: 60 }],
    ['radon', { patch: [0], embedding: 'mass', directions: 400, order: 1, bins: 50, mass: 'softplus', gain: 1 }],
    ['pswd', { patch: [11], embedding: 'mass', directions: 400, order: 1, bins: 16, mass: 'softplus', gain: 1 }],
  ] as const)('%s is what the paper reports', (name, defaults) => {
    expect(chosen(name)).toMatchObject({ ...defaults, drawing: 'uniform', fresh: true, standardise: 'none' });
  });

  it('pswd has patches at stride 5', async () => {
    const random = randomStream(11, 'options');
    const volume = (): Float32Array => Float32Array.from({ length: 16 * 16 * 11 }, () => random.normal());
    const [moved, fixed] = [volume(), volume()];
    const values = await Promise.all(
      [{}, { stride: 5 }, { stride: 6 }].map(async (options) => {
        const program = await lossProgram('pswd', { directions: 5, ...options }, [16, 16, 11]);
        const { value } = await program.run(moved, fixed);
        await program.release();
        return value;
      }),
    );
    expect(values[0]).toBe(values[1]);
    expect(values[0]).not.toBe(values[2]);
  });
});

describe.each(LOSSES)('%s', (name) => {
  it.each([
    ['several patches in one string', { patch: '7,13', stride: '3,6' }, { patch: [7, 13], stride: [3, 6] }],
    ['several patches', { patch: [7, 13], stride: [3, 6] }, { patch: [7, 13], stride: [3, 6] }],
    ['one patch', { patch: 7, stride: 3 }, { patch: [7], stride: [3] }],
    ['one patch in a string', { patch: '7', stride: '3' }, { patch: [7], stride: [3] }],
    ['the volume and patches', { patch: '0,5', stride: '1,2' }, { patch: [0, 5], stride: [1, 2] }],
    ['several patches without strides', { patch: '7,13' }, { patch: [7, 13] }],
    ['an axis', { axis: 2 }, { axis: 2 }],
    ['fixed directions', { fresh: false, drawing: 'quasi', directions: 3 }, { fresh: false, drawing: 'quasi' }],
  ])('takes %s', (_, options, expected) => {
    expect(chosen(name, options)).toMatchObject(expected);
  });

  it('takes half the edge as the stride of other patches where none is given', async () => {
    const values = await Promise.all(
      [{}, { stride: 2 }].map(async (options) => {
        const all = { patch: 4, directions: 2, axis: 0, ...options };
        const program = await lossProgram(name, all, [9, 9, 9]);
        const { value } = await program.run(
          Float32Array.from({ length: 729 }, (_, k) => Math.sin(k)),
          Float32Array.from({ length: 729 }, (_, k) => Math.cos(k * k)),
        );
        await program.release();
        return value;
      }),
    );
    expect(values[0]).toBe(values[1]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['window', { window: 9 }],
    ['patch', { patch: 'seven' }],
    ['patch', { patch: '' }],
    ['patch', { patch: '7,' }],
    ['patch', { patch: '7, 13.5' }],
    ['patch', { patch: -1 }],
    ['patch', { patch: [] }],
    ['patch', { patch: true }],
    ['stride', { stride: 0 }],
    ['stride', { patch: '7,13', stride: '3' }],
    ['stride', { patch: 7, stride: [3, 6] }],
    ['border', { border: 'wrap' }],
    ['standardise', { standardise: true }],
    ['embedding', { embedding: 'voxels' }],
    ['mass', { mass: 'square' }],
    ['gain', { gain: 0 }],
    ['zero', { zero: 'none' }],
    ['bins', { bins: 1 }],
    ['bins', { bins: '16' }],
    ['coordinates', { coordinates: -1 }],
    ['axis', { axis: 3 }],
    ['axis', { axis: 'x' }],
    ['intensity', { intensity: 0 }],
    ['row', { row: 0 }],
    ['directions', { directions: 0 }],
    ['directions', { directions: 2.5 }],
    ['drawing', { drawing: 'random' }],
    ['fresh', { fresh: 'yes' }],
    ['order', { order: 3 }],
  ])('refuses a wrong %s and names it: %j', (option, options) => {
    expect(() => chooseSimilarity(name, options)).toThrow(UserError);
    expect(() => chooseSimilarity(name, options)).toThrow(
      new RegExp(`option "${option}" of the loss "${name}"|loss "${name}" has no option "${option}"`),
    );
  });
});
