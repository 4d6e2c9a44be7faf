import { median } from '../src/metric/statistics.ts';

/** One measurement of a process: the median time of its repetitions, and its peak memory. */
export interface Measured {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** The median of the times without the first, which warms up, and the peak memory of this process. */
export function measured(times: readonly number[]): Measured {
  return { milliseconds: median(times.slice(1)), megabytes: process.resourceUsage().maxRSS / 1e3 };
}
