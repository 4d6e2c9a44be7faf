import { describe, expect, it } from 'vitest';
import { chooseOptimiser } from '../../src/optimise/registry.ts';
import { decodeCheckpoint, encodeCheckpoint, freshState } from '../../src/training/checkpoint.ts';
import { trainingConfig } from '../../src/training/configuration.ts';
import { decodeSafetensors } from '../../src/training/safetensors.ts';

const SPECS = [
  { name: 'a.weight', shape: [2], initialise: () => new Float32Array(2) },
  { name: 'a.bias', shape: [1], initialise: () => new Float32Array(1) },
] as unknown as Parameters<typeof encodeCheckpoint>[1];
const WEIGHTS = Float32Array.of(1, 2, 3);

describe.each(['adam', 'momentum'])('a checkpoint of %s', (name) => {
  const optimiser = chooseOptimiser(name);
  const fresh = freshState(WEIGHTS, optimiser);
  const moments = Object.fromEntries(optimiser.moments.map((moment, n) => [moment, Float32Array.of(n, 0.5, -1)]));
  const state = { ...fresh, moments, step: 3, epoch: 1, losses: [2, 1], seconds: 4 };

  it('is read as it was written', () => {
    expect(decodeCheckpoint(encodeCheckpoint(state, SPECS, []), SPECS, optimiser, 'last').state).toEqual(state);
  });

  it('keeps each moment of each parameter by name', () => {
    const { tensors } = decodeSafetensors(encodeCheckpoint(state, SPECS, []), 'last');
    const expected = ['', ...optimiser.moments.map((moment) => `${moment}.`)];
    expect([...tensors.keys()].sort()).toEqual(
      expected.flatMap((prefix) => [`${prefix}a.weight`, `${prefix}a.bias`]).sort(),
    );
  });
});

it('the checkpoint of another optimiser is refused', () => {
  const adam = chooseOptimiser('adam');
  const bytes = encodeCheckpoint({ ...freshState(WEIGHTS, adam), epoch: 1, losses: [1, 1] }, SPECS, []);
  expect(() => decodeCheckpoint(bytes, SPECS, chooseOptimiser('momentum'), 'last')).toThrow('"velocity.a.weight"');
});

it('a length that goes by squared gradients needs an optimiser that keeps them', () => {
  expect(() => trainingConfig({ optimiser: 'momentum', clipGradientRatio: 2 })).toThrow('use "clipGradient"');
  expect(trainingConfig({ optimiser: 'momentum', clipGradient: 2 }).optimiser).toBe('momentum');
});
