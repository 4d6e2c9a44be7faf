import { expect, it } from 'vitest';
import { chooseSimilarity } from '../../../src/loss/registry.ts';

it.each([
  ['mse', {}, 'squared intensity'],
  ['ncc', {}, undefined],
  ['radon', {}, 'half edge lengths of the volume'],
  ['pswd', {}, 'half edge lengths of a patch'],
  ['pswd', { order: 2 }, 'squared half edge lengths of a patch'],
  ['pswd', { embedding: 'scalars' }, 'intensity'],
  ['pswd', { embedding: 'rows', standardise: 'patch', order: 2 }, 'squared SD of a patch'],
  ['swd', {}, 'squared intensity and coordinates'],
  ['swd', { coordinates: 0 }, 'squared intensity'],
])('%s %o is measured in %s', (name, options, unit) => {
  const loss = chooseSimilarity(name, options);
  expect(loss.similarity.unit?.(loss.options)).toBe(unit);
});
