import type { Size, Vec3 } from './grid.ts';

/**
 * Smooths an array [nz, ny, nx] with a Gaussian, one axis after the other, the border continued.
 * @param sigma standard deviations along x, y and z in voxels; an axis with 0 stays as it is
 */
export function gaussianSmoothed(data: Float32Array, size: Size, sigma: Vec3): Float32Array {
  const strides = [1, size[0], size[0] * size[1]] as const;
  const axes = ([0, 1, 2] as const).filter((axis) => sigma[axis] > 0);
  if (axes.length === 0) return data;
  const out = new Float32Array(data.length);
  for (const [n, axis] of axes.entries())
    smoothAlong(n === 0 ? data : out, out, size[axis], strides[axis], sigma[axis]);
  return out;
}

/** @param out may be the data themselves */
function smoothAlong(data: Float32Array, out: Float32Array, extent: number, stride: number, sigma: number): void {
  const kernel = gaussian(sigma);
  const reach = kernel.length - 1;
  const line = new Float64Array(extent + 2 * reach);
  for (let outer = 0; outer < data.length; outer += stride * extent)
    for (let inner = 0; inner < stride; inner++) {
      const start = outer + inner;
      for (let i = 0; i < line.length; i++)
        line[i] = data[start + stride * Math.min(Math.max(i - reach, 0), extent - 1)]!;
      for (let i = 0; i < extent; i++) {
        let sum = kernel[0]! * line[i + reach]!;
        for (let d = 1; d <= reach; d++) sum += kernel[d]! * (line[i + reach - d]! + line[i + reach + d]!);
        out[start + stride * i] = sum;
      }
    }
}

/** Weights at distance 0, 1, … to three standard deviations; the whole kernel sums to 1. */
function gaussian(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, d) => Math.exp(-0.5 * (d / sigma) ** 2));
  const total = weights.reduce((sum, weight, d) => sum + (d === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / total);
}
