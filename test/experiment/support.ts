import type { PairScore, TrialResult } from '../../src/experiment/protocol/results.ts';
import type { Trial } from '../../src/experiment/protocol/trials.ts';

/** A pair's score with everything but Dice and HD95 after registration made up. */
export function score(fixed: string, moving: string, dice: number, hd95 = 3): PairScore {
  return {
    fixed,
    moving,
    before: { dice: 0.5, hd95: 4 },
    after: { dice, hd95 },
    foldedPercent: 0.1,
    sdLogJacobian: 0.2,
  };
}

/** A finished trial whose validation pairs all have one Dice. */
export function finished(trial: Trial, dice: number, epochs = 3): TrialResult {
  const records = Array.from({ length: epochs }, (_, n) => ({
    epoch: n + 1,
    trainLoss: 1 / (n + 1),
    trainSimilarity: 1 / (n + 1),
    validationLoss: 1 / (n + 1),
    validationSimilarity: 1 / (n + 1),
    dice: dice - 0.01 * (epochs - n - 1),
    hd95: 3,
    foldedPercent: 0,
    seconds: 60 * (n + 1),
    secondsPerStep: 0.5,
    best: true,
  }));
  const rule = {
    bestEpoch: epochs - 1,
    endEpoch: epochs,
    stopped: true,
    seconds: 60 * epochs,
    validation: [score('v1', 'v2', dice), score('v2', 'v1', dice)],
  };
  return {
    trial,
    ended: 'patience',
    losses: [2, ...records.map(({ validationLoss }) => validationLoss)],
    records,
    rules: { absolute: rule, relative: rule },
  };
}
