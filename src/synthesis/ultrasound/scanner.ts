import { type Random, randomStream } from '../../random.ts';
import type { Grid, Volume } from '../../volume/grid.ts';
import { linearRow } from '../../volume/interpolate.ts';
import { applyToPoint, invert, spacingOf } from '../../volume/matrix.ts';
import type { Acquisition } from './acquisition.ts';
import { type BeamTissue, beamEchoes } from './beam.ts';
import type { BrainShift } from './brainShift.ts';
import {
  type BeamGrid,
  type ComplexField,
  coherentGain,
  convolve,
  envelope,
  type PointSpread,
  scatterers,
} from './speckle.ts';
import type { AcousticMaps } from './tissue.ts';

/** Amplitude of an interface, whose impedance changes by a share of 1 per mm, against scatterers of echogenicity 1. */
const INTERFACE = 220;

/** The attenuation in dB/mm, one way, that time-gain compensation makes up for, on average. */
const COMPENSATED = 0.3;

/** Amplitude of the receiver's noise before compensation, against scatterers of echogenicity 1: −58 dB. */
const NOISE = 10 ** (-58 / 20);

/** What the 255 grey values span, in dB, and the grey value of echogenicity 1. */
const DYNAMIC_RANGE = 80;
const WHITE_LEVEL = 55;

/** Sampling of the beams. */
interface Sampling extends BeamGrid {
  /** mm along a beam, radians between beams, radians between frames. */
  readonly step: number;
  readonly lineStep: number;
  readonly frameStep: number;
  readonly spread: PointSpread;
}

/**
 * Samples fine enough for voxels of `spacing` mm. The pulse is about 0.7 mm long (full width at half maximum of the
 * amplitude). At its focus it is 1.4 mm wide in the frame and 2.1 mm across. Coarser grids get a coarser pulse.
 */
function samplingOf(acquisition: Acquisition, spacing: number): Sampling {
  const { maxDepth, faceRadius, pivot, halfSector, halfFan } = acquisition;
  const focus = 0.5 * maxDepth;
  const step = 0.4 * spacing;
  const depths = Math.ceil(maxDepth / step) + 1;
  const lines = Math.max(8, Math.ceil((2 * halfSector * (focus + faceRadius)) / (0.5 * spacing)));
  const frames = Math.max(8, Math.ceil((2 * halfFan * (focus + pivot)) / (0.75 * spacing)));
  const lineStep = (2 * halfSector) / (lines - 1);
  const frameStep = (2 * halfFan) / (frames - 1);
  const widening = (i: number): number => Math.sqrt(1 + ((i * step - focus) / (0.5 * maxDepth)) ** 2);
  const lateral = Math.max(0.6, 0.5 * spacing);
  const elevational = Math.max(0.9, 0.75 * spacing);
  return {
    ...{ depths, lines, frames, step, lineStep, frameStep },
    spread: {
      axial: Math.max(0.3, 0.35 * spacing) / step,
      lateral: (i) => (lateral * widening(i)) / (lineStep * (i * step + faceRadius)),
      elevational: (i) => (elevational * widening(i)) / (frameStep * (i * step + pivot)),
    },
  };
}

/** Echoes of all beams as a complex field before the point spread function. */
function echoField(
  acquisition: Acquisition,
  sampling: Sampling,
  shift: BrainShift,
  maps: AcousticMaps,
  random: Random,
): ComplexField {
  const { depths, lines, frames, step, lineStep, frameStep, spread } = sampling;
  const field = scatterers(depths * lines * frames, random);
  const toIndex = invert(maps.affine);
  const positions = new Float64Array(3 * depths);
  const row = (): Float32Array => new Float32Array(depths);
  const tissue: BeamTissue = { echogenicity: row(), impedance: row(), attenuation: row() };
  const coherent = Float64Array.from(
    { length: depths },
    (_, i) =>
      INTERFACE / (coherentGain(spread.axial) * coherentGain(spread.lateral(i)) * coherentGain(spread.elevational(i))),
  );
  for (let frame = 0, at = 0; frame < frames; frame++) {
    const tilt = frame * frameStep - acquisition.halfFan;
    for (let line = 0; line < lines; line++, at += depths) {
      const angle = line * lineStep - acquisition.halfSector;
      for (let i = 0; i < depths; i++) {
        const q = applyToPoint(toIndex, shift.toMri(acquisition.toWorld({ depth: i * step, angle, tilt })));
        positions.set(q, 3 * i);
      }
      for (const name of ['echogenicity', 'impedance', 'attenuation'] as const)
        linearRow(maps[name], 0, maps.size, positions, 'edge', tissue[name], 0);
      const { scattered, reflected } = beamEchoes(tissue, step);
      for (let i = 0; i < depths; i++) {
        field.real[at + i] = field.real[at + i]! * scattered[i]! + coherent[i]! * reflected[i]!;
        field.imaginary[at + i]! *= scattered[i]!;
      }
    }
  }
  return field;
}

/** Adds the receiver's noise to a signal, and compensates for depth, about right. */
function received(signal: ComplexField, { depths, step }: Sampling, random: Random): Float32Array {
  const slope = 2 * COMPENSATED * (1 + 0.06 * random.normal());
  const phase = 2 * Math.PI * random.uniform();
  const gains = Float64Array.from({ length: depths }, (_, i) => {
    const sliders = 1.5 * Math.sin(phase + (5 * i) / depths);
    return 10 ** ((slope * i * step + sliders) / 20);
  });
  const noise = scatterers(signal.real.length, random);
  const amplified = (data: Float32Array, noisy: Float32Array): Float32Array =>
    data.map((value, n) => gains[n % depths]! * (value + NOISE * noisy[n]!));
  return envelope({
    real: amplified(signal.real, noise.real),
    imaginary: amplified(signal.imaginary, noise.imaginary),
  });
}

/** The display's grey value of an amplitude: logarithmic, a whole number from 1 to 255. */
export function compressed(amplitude: number, gain: number): number {
  const decibels = 20 * Math.log10(Math.max(1e-9, amplitude)) + gain;
  return Math.max(1, Math.min(255, Math.round(WHITE_LEVEL + (255 * decibels) / DYNAMIC_RANGE)));
}

/**
 * Scans the tissue behind a brain shift. Each beam's echoes (see {@link beamEchoes}) are blurred by the point spread
 * function, which is narrowest in the focus. Modulus, time-gain compensation and log compression follow. Then the
 * voxels of `grid` are interpolated between the beams. Voxels outside the field of view are 0, all others at least 1.
 * Randomness: the stream (`seed`, 'ultrasound', 'scan', `index`).
 */
export function scan(
  acquisition: Acquisition,
  grid: Grid,
  shift: BrainShift,
  maps: AcousticMaps,
  seed: number,
  index: number,
): Volume {
  const random = randomStream(seed, 'ultrasound', 'scan', index);
  const sampling = samplingOf(acquisition, spacingOf(grid.affine)[0]);
  const gain = random.normal();
  const blurred = convolve(echoField(acquisition, sampling, shift, maps, random), sampling, sampling.spread);
  return scanConverted(received(blurred, sampling, random), sampling, acquisition, grid, gain);
}

function scanConverted(
  beams: Float32Array,
  sampling: Sampling,
  acquisition: Acquisition,
  grid: Grid,
  gain: number,
): Volume {
  const { depths, lines, frames, step, lineStep, frameStep } = sampling;
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  const positions = new Float64Array(3 * nx);
  const seen = new Uint8Array(nx);
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++, at += nx) {
      for (let i = 0; i < nx; i++) {
        const point = acquisition.toBeam(applyToPoint(grid.affine, [i, j, k]));
        seen[i] = acquisition.sees(point) ? 1 : 0;
        positions[3 * i] = point.depth / step;
        positions[3 * i + 1] = (point.angle + acquisition.halfSector) / lineStep;
        positions[3 * i + 2] = (point.tilt + acquisition.halfFan) / frameStep;
      }
      linearRow(beams, 0, [depths, lines, frames], positions, 'edge', data, at);
      for (let i = 0; i < nx; i++) data[at + i] = seen[i] === 1 ? compressed(data[at + i]!, gain) : 0;
    }
  }
  return { ...grid, data };
}
