import { randomStream } from '../../random.ts';

/**
 * Weibull shape whose standard deviation is 0.79 of its mean, as RESECT's 5.3 ± 4.2 mm; 0.69 between the quantiles
 * below.
 */
const SHAPE = 1.27;

/** The quantiles that are used: about 0.7 to 19 mm for a mean of 5.3. */
const LEAST = 0.06;
const MOST = 0.99;

function quantile(probability: number): number {
  return (-Math.log(1 - probability)) ** (1 / SHAPE);
}

/** The mean of the distribution cut off at both ends, by the midpoint rule. */
const MEAN = (() => {
  const steps = 2000;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += quantile(LEAST + ((MOST - LEAST) * (i + 0.5)) / steps);
  return sum / steps;
})();

/**
 * How far a case is misaligned before registration, in mm: Weibull distributed about `mean`. The cases of a seed follow
 * a golden-ratio sequence, whose first n members spread evenly for every n. So a case does not depend on the number of
 * cases, and yet their mean is near `mean`, even for a few. Randomness: the stream (`seed`, 'ultrasound', 'initial
 * error').
 */
export function initialError(seed: number, index: number, mean: number): number {
  const start = randomStream(seed, 'ultrasound', 'initial error').uniform();
  const place = (start + index * ((Math.sqrt(5) - 1) / 2)) % 1;
  return (mean * quantile(LEAST + (MOST - LEAST) * place)) / MEAN;
}
