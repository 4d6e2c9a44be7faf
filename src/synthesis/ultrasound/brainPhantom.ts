import { randomStream } from '../../random.ts';
import { mapTriple } from '../../triple.ts';
import type { Grid, Size, Volume } from '../../volume/grid.ts';
import { fromColumns } from '../../volume/matrix.ts';
import { PeriodicSpline } from '../spline.ts';
import { makeBrainAnatomy } from './brainAnatomy.ts';
import type { Craniotomy } from './craniotomy.ts';
import type { AcousticMaps } from './tissue.ts';
import { along } from './vector.ts';

/** What the ultrasound of a case is made of: the MRI, its acoustic properties, and the place of the probe. */
export interface Subject {
  readonly t1: Volume;
  readonly flair?: Volume;
  readonly acoustics: AcousticMaps;
  readonly craniotomy: Craniotomy;
}

/** Standard deviation of the noise in both channels, relative to white matter. */
const NOISE = 0.025;

/** Standard deviation of the receive field's logarithm, about. */
const BIAS = 0.06;

/** The middle of the region lies below the craniotomy by this share of its shortest side: the skull is still in it. */
const MIDDLE = 0.38;

function regionAround({ point, inward }: Craniotomy, size: Size, spacing: number): Grid {
  const middle = along(point, inward, MIDDLE * spacing * Math.min(...size));
  const origin = mapTriple(middle, (mm, axis) => mm - (spacing * (size[axis] - 1)) / 2);
  return { size, affine: fromColumns([spacing, 0, 0], [0, spacing, 0], [0, 0, spacing], origin) };
}

/**
 * A synthetic brain as T1 and FLAIR, with the acoustic properties of the same anatomy on the same grid. T1 has contrast
 * agent, and white matter between 250 and 600. Both have a slow bias field and Rician noise. Randomness: the streams
 * (`seed`, 'ultrasound', 'anatomy' or 'appearance', `index`).
 *
 * @param size voxels of the region around the craniotomy; `spacing` in mm.
 */
export function makeBrainPhantom(seed: number, index: number, size: Size, spacing: number): Subject {
  const anatomy = makeBrainAnatomy(seed, index);
  const grid = regionAround(anatomy.craniotomy, size, spacing);
  const count = size[0] * size[1] * size[2];
  const maps = Array.from({ length: 5 }, () => new Float32Array(count)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const properties = new Float64Array(5);
  const edge = 1.2 * Math.max(1, spacing);
  const [ox, oy, oz] = [grid.affine[3]!, grid.affine[7]!, grid.affine[11]!];
  for (let k = 0, n = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, n++) {
        anatomy.at(ox + i * spacing, oy + j * spacing, oz + k * spacing, edge, properties);
        for (let p = 0; p < 5; p++) maps[p]![n] = properties[p]!;
      }
    }
  }
  const [t1, flair, echogenicity, impedance, attenuation] = maps;
  return {
    t1: { ...grid, data: acquired(t1, grid, seed, index, 't1') },
    flair: { ...grid, data: acquired(flair, grid, seed, index, 'flair') },
    acoustics: { ...grid, echogenicity, impedance, attenuation },
    craniotomy: anatomy.craniotomy,
  };
}

/** The ideal image in the scanner's units, with texture, bias field and Rician noise. */
function acquired(
  ideal: Float32Array,
  { size, affine }: Grid,
  seed: number,
  index: number,
  name: string,
): Float32Array {
  const random = randomStream(seed, 'ultrasound', 'appearance', index, name);
  const scale = 250 + 350 * random.uniform();
  const bias = new PeriodicSpline(50, 8, 1, () => 3 * BIAS * random.normal());
  const texture = new PeriodicSpline(3, 64, 1, () => 0.06 * random.normal());
  const [b, t] = [new Float64Array(1), new Float64Array(1)];
  const data = new Float32Array(ideal.length);
  for (let k = 0, n = 0; k < size[2]; k++) {
    const z = affine[11]! + k * affine[10]!;
    for (let j = 0; j < size[1]; j++) {
      const y = affine[7]! + j * affine[5]!;
      const biasAlong = bias.alongX(y, z);
      const textureAlong = texture.alongX(y, z);
      for (let i = 0; i < size[0]; i++, n++) {
        const x = affine[3]! + i * affine[0]!;
        biasAlong(x, b);
        textureAlong(x, t);
        const real = ideal[n]! * (1 + t[0]!) * Math.exp(b[0]!) + NOISE * random.normal();
        const imaginary = NOISE * random.normal();
        data[n] = scale * Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }
  return data;
}
