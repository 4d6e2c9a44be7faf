import { describe, expect, it } from 'vitest';
import { experimentConfig } from '../../../src/experiment/protocol/configuration.ts';
import { parseMethod } from '../../../src/experiment/protocol/methodText.ts';

const LEAST = { name: 'least', data: 'scans', losses: ['mse'] };

describe('experimentConfig', () => {
  it('fills in the paper’s split and one seed', () => {
    expect(experimentConfig(LEAST)).toMatchObject({ split: [65, 15, 20], seeds: [1], splitSeed: 1, settings: {} });
  });

  it('takes training settings, and lists as grids', () => {
    const { settings } = experimentConfig({ ...LEAST, rate: [1e-3, 1e-4], epochs: 7, encoder: [8, 16] });
    expect(settings).toEqual({ rate: [1e-3, 1e-4], epochs: [7], encoder: [[8, 16]] });
    expect(experimentConfig({ ...LEAST, encoder: [[8], [16]] }).settings.encoder).toEqual([[8], [16]]);
  });

  it.each([
    [{ ...LEAST, epoch: 3 }, /unknown key "epoch"; did you mean "epochs"/],
    [{ ...LEAST, losses: [] }, /"losses"/],
    [{ ...LEAST, split: [60, 20, 10] }, /do not add up to 100/],
    [{ ...LEAST, rate: [] }, /list of "rate" is empty/],
    [{ ...LEAST, seeds: [1.5] }, /"seeds.0"/],
    [{ ...LEAST, seed: 1 }, /unknown key "seed"; did you mean "seeds"/],
    [[LEAST], /not a JSON object/],
    [{ name: 'a', losses: ['mse'] }, /has no "data"/],
    [{ ...LEAST, losses: {} }, /"losses" must not be empty/],
    [{ ...LEAST, seeds: [1, 1] }, /"seeds" must differ from each other/],
    [{ ...LEAST, losses: 3 }, /"losses" must be a list of losses, or an object/],
    [{ ...LEAST, split: [60, 20, 20], folds: 3 }, /both "split" and "folds"/],
    [{ ...LEAST, phantomCases: 1e9 }, /"phantomCases" must be at most 1000/],
    [{ ...LEAST, phantomSize: [1e4, 8, 8] }, /"phantomSize.0" must be at most 256/],
    [{ ...LEAST, seeds: Array.from({ length: 1e5 }, (_, n) => n) }, /"seeds" must have at most 1000 entries/],
    [{ ...LEAST, folds: 1e6 }, /"folds" must be at most 1000/],
    [{ ...LEAST, constructor: 1 }, /unknown key "constructor"/],
    [{ ...LEAST, toString: [1, 2] }, /unknown key "toString"/],
  ])('refuses %j', (values, sentence) => {
    expect(() => experimentConfig(values)).toThrow(sentence);
  });
});

describe('parseMethod', () => {
  it('tells options of the loss from training settings, and keeps lists of numbers as they are written', () => {
    expect(parseMethod('pswd patch=7,13 standardise=patch smoothness=0.4|0.8 rate=0.001')).toEqual({
      loss: 'pswd',
      options: { patch: ['7,13'], standardise: ['patch'] },
      settings: { smoothness: [0.4, 0.8], rate: [0.001] },
    });
  });

  it.each([
    ['mse smoothness', /form name=value/],
    ['mse smoothness=1|', /form name=value/],
    ['mse seed=3', /the same for all losses/],
  ])('refuses %s', (text, sentence) => {
    expect(() => parseMethod(text)).toThrow(sentence);
  });
});
