/** How the rate goes on over a run: constant, or down to zero along half a cosine. */
export const SCHEDULES = ['constant', 'cosine'] as const;
type Schedule = (typeof SCHEDULES)[number];

/**
 * The rate after a share of all steps, from 0 to 1.
 * @param warmup share of all steps over which it rises evenly from 0 to what the schedule says
 */
export function scheduledRate(schedule: Schedule, rate: number, share: number, warmup = 0): number {
  const full = schedule === 'cosine' ? cosineRate(rate, share) : rate;
  return share < warmup ? (full * share) / warmup : full;
}

/**
 * A rate that falls to zero along half a cosine, after a share of all steps (Loshchilov & Hutter, ICLR 2017, without
 * restarts).
 */
export function cosineRate(rate: number, share: number): number {
  return (rate * (1 + Math.cos(Math.PI * share))) / 2;
}
