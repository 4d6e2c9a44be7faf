/**
 * A similarity of one's own: defined, registered by name, trained with, used. Everything comes from the package's
 * public entry; the data are phantom cases, whose true correspondence is known.
 *
 *     npx tsx examples/own-loss.ts [epochs]
 */
import {
  agreement,
  applyWarp,
  defineSimilarity,
  graph,
  linearWarp,
  makePhantomCase,
  register,
  registerSimilarity,
  targetRegistrationError,
  trainModel,
  type Warp,
  warpPoints,
  weightedMean,
} from 'earthmorph';
import { z } from 'zod';

const { add, sqrt, square, subtract } = graph;

/** Charbonnier loss: mean over voxels of √((moved − fixed)² + ε²), the absolute difference made smooth at 0. */
const charbonnier = defineSimilarity({
  name: 'charbonnier',
  summary: 'smoothed absolute difference of the intensities',
  options: z.strictObject({ epsilon: z.number().positive().default(0.1) }),
  smoothness: 1,
  build(moved, fixed, { epsilon }, _random, weight) {
    const difference = sqrt(add(square(subtract(moved, fixed)), epsilon ** 2));
    // Inside the field of view only, where there is one. The gradient needs no line: it comes from the graph.
    return weightedMean(difference, weight);
  },
});
registerSimilarity(charbonnier);

const cases = Array.from({ length: 22 }, (_, index) =>
  makePhantomCase({ seed: 1, index, size: [20, 28, 20], spacing: [2, 2, 2] }),
);
const [fixed, moving, ...training] = cases as [(typeof cases)[0], (typeof cases)[0], ...typeof cases];

const { model, records } = await trainModel(training, {
  settings: {
    loss: 'charbonnier',
    lossOptions: { epsilon: 0.2 },
    // A coarse grid and a small network, to be done soon: 16³ voxels of 3.5 mm.
    size: 16,
    pad: 16,
    spacing: 3.5,
    encoder: [8, 16],
    decoder: [16, 16],
    remaining: [8],
    rate: 3e-3,
    epochs: Number(process.argv[2] ?? 30),
  },
  split: { train: 0.8, validation: 0.2, test: 0 },
  onEpoch: ({ epoch, trainLoss, validationLoss }) =>
    console.log(`epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}`),
});

const { start: matrix, warp } = await register({ fixed: fixed.image, moving: moving.image }, model);
const start = linearWarp(fixed.image, matrix);
const overlap = (u: Warp) => agreement(fixed.labels, applyWarp(u, moving.labels)).means.dice ?? Number.NaN;
const error = (u: Warp) => targetRegistrationError(warpPoints(u, fixed.landmarks), moving.landmarks).mean;

console.log(`${moving.id} onto ${fixed.id}, neither seen in training, after ${records.length} epochs:`);
console.log(`Dice ${overlap(start).toFixed(3)} → ${overlap(warp).toFixed(3)}`);
console.log(`TRE ${error(start).toFixed(2)} → ${error(warp).toFixed(2)} mm`);
