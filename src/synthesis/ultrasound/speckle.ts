import type { Random } from '../../random.ts';

/**
 * Samples of beams: `depths` along a beam, `lines` beams per frame, `frames`. index = i + depths · (line + lines ·
 * frame).
 */
export interface BeamGrid {
  readonly depths: number;
  readonly lines: number;
  readonly frames: number;
}

/** A complex signal at the samples of a beam grid. */
export interface ComplexField {
  readonly real: Float32Array;
  readonly imaginary: Float32Array;
}

/** Standard deviations of the point spread function's amplitude in samples, each as a function of the depth sample. */
export interface PointSpread {
  readonly axial: number;
  readonly lateral: (i: number) => number;
  readonly elevational: (i: number) => number;
}

/** Half a Gaussian, from its middle, of unit energy over both halves. */
function gaussian(sigma: number): Float64Array {
  const reach = Math.ceil(2.6 * sigma);
  const weights = Float64Array.from({ length: reach + 1 }, (_, n) => Math.exp(-(n * n) / (2 * sigma * sigma)));
  const energy = weights.reduce((sum, w, n) => sum + (n === 0 ? 1 : 2) * w * w, 0);
  return weights.map((w) => w / Math.sqrt(energy));
}

/** What a filter of unit energy makes of a constant: the sum of its weights. */
export function coherentGain(sigma: number): number {
  return gaussian(sigma).reduce((sum, w, n) => sum + (n === 0 ? 1 : 2) * w, 0);
}

/** Scatterers: independent circular complex Gaussian numbers of unit power. */
export function scatterers(count: number, random: Random): ComplexField {
  const real = new Float32Array(count);
  const imaginary = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    real[n] = Math.SQRT1_2 * random.normal();
    imaginary[n] = Math.SQRT1_2 * random.normal();
  }
  return { real, imaginary };
}

/**
 * Convolves a field with the separable point spread function. Each axis has unit energy. So white scatterers of power 1
 * give speckle of power 1, whose modulus is Rayleigh distributed. Beyond the grid there is nothing.
 */
export function convolve(field: ComplexField, grid: BeamGrid, spread: PointSpread): ComplexField {
  const axial = gaussian(spread.axial);
  const all = (kernel: (i: number) => Float64Array): Float64Array[] =>
    Array.from({ length: grid.depths }, (_, i) => kernel(i));
  const lateral = all((i) => gaussian(spread.lateral(i)));
  const elevational = all((i) => gaussian(spread.elevational(i)));
  const filter = (data: Float32Array): Float32Array => {
    const a = alongDepth(data, grid, axial);
    const b = acrossBeams(a, grid.depths, grid.lines, grid.depths, lateral);
    return acrossBeams(b, grid.depths * grid.lines, grid.frames, grid.depths, elevational);
  };
  return { real: filter(field.real), imaginary: filter(field.imaginary) };
}

function alongDepth(data: Float32Array, { depths }: BeamGrid, kernel: Float64Array): Float32Array {
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += depths) {
    for (let i = 0; i < depths; i++) {
      let sum = kernel[0]! * data[start + i]!;
      for (let n = 1; n < kernel.length; n++) {
        if (i >= n) sum += kernel[n]! * data[start + i - n]!;
        if (i + n < depths) sum += kernel[n]! * data[start + i + n]!;
      }
      out[start + i] = sum;
    }
  }
  return out;
}

/** Filters along an axis of `count` samples `stride` apart, with a kernel that depends on the depth sample. */
function acrossBeams(
  data: Float32Array,
  stride: number,
  count: number,
  depths: number,
  kernels: readonly Float64Array[],
): Float32Array {
  const out = new Float32Array(data.length);
  const block = stride * count;
  for (let start = 0; start < data.length; start += block) {
    for (let c = 0; c < count; c++) {
      for (let s = 0; s < stride; s++) {
        const kernel = kernels[s % depths]!;
        const at = start + c * stride + s;
        let sum = kernel[0]! * data[at]!;
        for (let n = 1; n < kernel.length; n++) {
          if (c >= n) sum += kernel[n]! * data[at - n * stride]!;
          if (c + n < count) sum += kernel[n]! * data[at + n * stride]!;
        }
        out[at] = sum;
      }
    }
  }
  return out;
}

/** The modulus. */
export function envelope({ real, imaginary }: ComplexField): Float32Array {
  return real.map((re, n) => Math.sqrt(re * re + imaginary[n]! * imaginary[n]!));
}
