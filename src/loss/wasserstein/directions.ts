import type { Random } from '../../random.ts';

/** How unit directions are spread over the sphere. */
export const DRAWINGS = ['uniform', 'orthogonal', 'quasi'] as const;
export type Drawing = (typeof DRAWINGS)[number];

/**
 * Draws unit vectors in Rᵐ.
 *
 * - `uniform`: independent, from normal vectors divided by their length.
 * - `orthogonal`: in blocks of m mutually orthogonal ones, each block turned at random (Rowland et al., AISTATS 2019).
 * - `quasi`: evenly spread, and turned or shifted at random as a whole. In R³ it is a Fibonacci lattice (González,
 *   Mathematical Geosciences 42, 2010). Elsewhere it is a Kronecker sequence on the square roots of primes, through the
 *   normal quantile.
 *
 * Each way every single direction is uniform on the sphere, so a mean over directions estimates the same integral. In
 * 50 dimensions only `orthogonal` scatters less than `uniform`; a Kronecker sequence helps in few dimensions.
 *
 * @param values receives [count, m] row by row; its length is a multiple of m
 */
export function drawDirections(drawing: Drawing, dimensions: number, random: Random, values: Float32Array): void {
  if (drawing === 'orthogonal') orthogonal(dimensions, random, values);
  else if (drawing === 'quasi' && dimensions === 3) fibonacci(random, values);
  else if (drawing === 'quasi' && dimensions > 1) kronecker(dimensions, random, values);
  else
    for (let start = 0; start < values.length; start += dimensions)
      values.set(unit(normals(dimensions, random)), start);
}

function normals(count: number, random: Random): number[] {
  return Array.from({ length: count }, () => random.normal());
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length > 1e-12 ? vector.map((v) => v / length) : vector.map((_, k) => (k === 0 ? 1 : 0));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, k) => sum + v * b[k]!, 0);
}

/**
 * Mutually orthogonal unit vectors from normal ones (Gram–Schmidt), at most as many as dimensions: uniform among such
 * sets.
 */
function orthonormal(count: number, dimensions: number, random: Random): number[][] {
  const basis: number[][] = [];
  while (basis.length < count) {
    let vector = normals(dimensions, random);
    for (const other of basis) {
      const along = dot(vector, other);
      vector = vector.map((v, k) => v - along * other[k]!);
    }
    if (Math.hypot(...vector) > 1e-6) basis.push(unit(vector));
  }
  return basis;
}

function orthogonal(dimensions: number, random: Random, values: Float32Array): void {
  const count = values.length / dimensions;
  for (let first = 0; first < count; first += dimensions)
    for (const [k, vector] of orthonormal(Math.min(dimensions, count - first), dimensions, random).entries())
      values.set(vector, (first + k) * dimensions);
}

function fibonacci(random: Random, values: Float32Array): void {
  const turn = orthonormal(3, 3, random);
  const count = values.length / 3;
  const golden = Math.PI * (3 - Math.sqrt(5));
  for (let k = 0; k < count; k++) {
    const height = 1 - (2 * k + 1) / count;
    const radius = Math.sqrt(1 - height * height);
    const point = [radius * Math.cos(golden * k), radius * Math.sin(golden * k), height];
    values.set(
      turn.map((row) => dot(row, point)),
      3 * k,
    );
  }
}

function kronecker(dimensions: number, random: Random, values: Float32Array): void {
  const steps = primes(dimensions).map((prime) => Math.sqrt(prime) % 1);
  const shifts = steps.map(() => random.uniform());
  const count = values.length / dimensions;
  for (let k = 0; k < count; k++) {
    const point = steps.map((step, d) => normalQuantile((shifts[d]! + (k + 1) * step) % 1));
    values.set(unit(point), k * dimensions);
  }
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** Quantile of the standard normal distribution, near enough for directions. */
function normalQuantile(share: number): number {
  const p = Math.min(Math.max(share, 1e-9), 1 - 1e-9);
  const tail = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(tail));
  // Hastings' rational approximation (Abramowitz & Stegun 26.2.23), off by less than 4.5e-4.
  const x =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return p < 0.5 ? -x : x;
}
