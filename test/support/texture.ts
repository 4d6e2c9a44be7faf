import { randomStream } from '../../src/random.ts';

/** A small volume for descriptors: waves and noise, and noise that is drawn after it. */
export function smallTexture(): {
  /** [D, H, W] */
  readonly extent: readonly [number, number, number];
  readonly waves: Float32Array;
  readonly noise: () => Float32Array;
} {
  const random = randomStream(5, 'mind');
  const extent = [9, 10, 11] as const;
  const length = extent[0] * extent[1] * extent[2];
  const waves = Float32Array.from({ length }, (_, n) => {
    const [x, y, z] = [n % 11, Math.floor(n / 11) % 10, Math.floor(n / 110)];
    return Math.sin(x / 1.7) + Math.cos(y / 1.3 + z / 2) + 0.1 * random.normal();
  });
  return { extent, waves, noise: () => Float32Array.from({ length }, () => random.normal()) };
}
