import { describe, expect, it } from 'vitest';
import { experimentConfig } from '../../../src/experiment/protocol/configuration.ts';
import {
  allTrials,
  casesOf,
  methodsOf,
  pairsOf,
  searchTrials,
  trialsOf,
} from '../../../src/experiment/protocol/trials.ts';

const config = experimentConfig({
  name: 'test',
  data: 'scans',
  preset: 'paper',
  losses: { MSE: 'mse', 'PSWD 7³': 'pswd patch=7 smoothness=0.4|0.8' },
  seeds: [3, 4],
  rate: [1e-3, 1e-4],
});
const ids = Array.from({ length: 20 }, (_, n) => `case_${n}`);

describe('trials of an experiment', () => {
  it('are the points of all grids, first seeds first, each with a name of its own that can be a folder', () => {
    const methods = methodsOf(config);
    expect(methods.map(({ variants }) => variants.length)).toEqual([2, 4]);
    const trials = trialsOf(
      config,
      methods.flatMap((method) => method.variants.map((variant) => ({ method, variant }))),
    );
    expect(trials).toHaveLength(12);
    expect(new Set(trials.map(({ id }) => id)).size).toBe(12);
    expect(trials.map(({ seed }) => seed)).toEqual([...Array(6).fill(3), ...Array(6).fill(4)]);
    for (const { id } of trials) expect(id).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    expect(trials[2]?.id).toBe('pswd-73_rate-0.001-smoothness-0.4_seed3');
    expect(trials[2]?.settings).toMatchObject({
      loss: 'pswd',
      lossOptions: { patch: 7 },
      smoothness: 0.4,
      rate: 1e-3,
      crop: 'label',
      seed: 3,
      splitSeed: 1,
    });
    expect(searchTrials(config, methods)).toEqual(trials.slice(0, 6));
  });

  it('are counted before they are spelt out, and may be 10,000', () => {
    const many = Array.from({ length: 1000 }, (_, n) => n + 1);
    const of = (values: object) => experimentConfig({ name: 'a', data: 'b', losses: ['mse'], ...values });
    expect(() => methodsOf(of({ epochs: many, patience: many, seeds: many }))).toThrow(
      /has 1,000,000,000 trainings, and at most 10,000 are possible.*largest is that of "mse"/,
    );
    expect(() => methodsOf(of({ losses: [`mse smoothness=${many.join('|')}`], folds: 11 }))).toThrow(/at most 10,000/);
    expect(allTrials(of({ patience: many.slice(0, 100), seeds: many.slice(0, 10) }))).toHaveLength(1000);
  });

  it('have networks that a machine can hold', () => {
    const of = (values: object) => experimentConfig({ name: 'a', data: 'b', losses: ['mse'], ...values });
    const wide = Array.from({ length: 8 }, () => 1024);
    expect(() => methodsOf(of({ encoder: wide, decoder: wide }))).toThrow(/weights; at most 100,000,000 are possible/);
    expect(() => methodsOf(of({ encoder: [1e6], decoder: [8] }))).toThrow(/"encoder.0" must be at most 1024/);
    expect(() => methodsOf(of({ epochs: 1e9 }))).toThrow(/"epochs" must be at most 100000/);
  });

  it('are not one where two points differ', () => {
    const of = (losses: unknown) => methodsOf(experimentConfig({ name: 'a', data: 'b', losses }));
    expect(() => of({ MSE: 'mse smoothness=1|1.0' })).toThrow(/the point "smoothness=1" twice/);
    expect(() => of({ [`M${'x'.repeat(300)}`]: 'mse' })).toThrow(/too long a name/);
    expect(() => of({ MSE: 'mse __proto__=1' })).toThrow(/__proto__/);
  });

  it('have the transforms before a loss as a grid, like its options', () => {
    const text = 'pswd patch=7 filter=none|gradient|local';
    const [method] = methodsOf(experimentConfig({ name: 'a', data: 'b', losses: [text] }));
    expect(method?.name).toBe('pswd patch=7');
    expect(method?.variants.map(({ name }) => name)).toEqual(['filter=none', 'filter=gradient', 'filter=local']);
    expect(method?.variants[1]?.settings).toMatchObject({ lossOptions: { patch: 7, filter: 'gradient' } });
  });

  it('are split by the seed of the split, not by their own', () => {
    const { train, validation, test } = casesOf(config, ids, undefined);
    expect([train.length, validation.length, test.length]).toEqual([13, 3, 4]);
    expect([...train, ...validation, ...test].sort()).toEqual([...ids].sort());
    const pairs = pairsOf(config, { train, validation, test }, false);
    expect(pairs.test.map(({ fixed }) => fixed).sort()).toEqual(test);
  });

  it('test every case once in cross-validation, apart from what trains and validates', () => {
    const folded = { ...config, folds: 5 };
    const folds = [0, 1, 2, 3, 4].map((fold) => casesOf(folded, ids, fold));
    expect(folds.flatMap(({ test }) => test).sort()).toEqual([...ids].sort());
    for (const { train, validation, test } of folds)
      expect([...train, ...validation, ...test].sort()).toEqual([...ids].sort());
    expect(folds.map(({ validation }) => validation.length)).toEqual([3, 3, 3, 3, 3]);
    expect(
      trialsOf(folded, [{ method: methodsOf(config)[0]!, variant: methodsOf(config)[0]!.variants[0]! }]),
    ).toHaveLength(10);
  });

  it('take their names from the loss where it has none, but for its grid', () => {
    const methods = methodsOf(
      experimentConfig({ name: 'a', data: 'b', losses: ['pswd patch=7 smoothness=1|2', 'mse'] }),
    );
    expect(methods.map(({ name }) => name)).toEqual(['pswd patch=7', 'mse']);
  });

  it.each([
    [{ losses: ['mse', 'mse'] }, /named twice/],
    [{ losses: ['mes'] }, /no loss "mes"/],
    [{ losses: ['pswd pacth=7'] }, /no option "pacth"/],
    [{ losses: ['mse filter=none|grad'] }, /no filter "grad"/],
    [{ losses: ['mse'], reference: 'NCC' }, /not one of the losses/],
    [{ losses: ['mse'], affine: 'rigid', affineLoss: 'ncd' }, /"affineLoss" is "ncd"; choose own, .* mse, /],
    [{ losses: ['mse affineLoss=own'] }, /"affineLoss" belongs to an alignment; set "affine"/],
  ])('are refused before anything runs: %j', (values, sentence) => {
    expect(() => methodsOf(experimentConfig({ name: 'test', data: 'scans', ...values }))).toThrow(sentence);
  });
});
