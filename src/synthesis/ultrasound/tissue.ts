import type { Grid } from '../../volume/grid.ts';

/** What the two images see of a tissue. */
export interface Tissue {
  /** Intensity in a T1-weighted image with contrast agent, white matter 1. */
  readonly t1: number;
  /** Intensity in FLAIR, grey matter about 1. */
  readonly flair: number;
  /** Amplitude of its scatterers in ultrasound, relative. */
  readonly echogenicity: number;
  /** Acoustic impedance in MRayl. */
  readonly impedance: number;
  /** Attenuation in dB/mm, one way, at about 5 MHz. */
  readonly attenuation: number;
}

function tissue(t1: number, flair: number, echogenicity: number, impedance: number, attenuation: number): Tissue {
  return { t1, flair, echogenicity, impedance, attenuation };
}

/**
 * Impedances and attenuations are near the tabulated ones (Duck, Physical Properties of Tissue, 1990). Echogenicities
 * follow what neurosurgical ultrasound shows: ventricles black, grey matter a little darker than white, sulci bright
 * for the pia and arachnoid in them, low-grade glioma bright.
 */
export const TISSUES = {
  white: tissue(1, 0.78, 0.4, 1.6, 0.3),
  grey: tissue(0.76, 1, 0.26, 1.57, 0.28),
  deepGrey: tissue(0.86, 0.92, 0.34, 1.58, 0.27),
  oedema: tissue(0.88, 1.35, 0.55, 1.59, 0.29),
  lesion: tissue(0.62, 1.75, 1.2, 1.62, 0.34),
  sulcus: tissue(0.25, 0.2, 4.5, 1.52, 0.2),
  fluid: tissue(0.22, 0.12, 0.03, 1.51, 0.02),
  vessel: tissue(1.75, 0.35, 4, 1.66, 0.2),
  falx: tissue(1.15, 0.6, 3, 1.85, 0.9),
  calcification: tissue(0.3, 0.3, 2, 3.2, 3),
  bone: tissue(0.1, 0.1, 0.03, 1.51, 0.02),
  scalp: tissue(1.5, 1.3, 0.03, 1.51, 0.02),
  air: tissue(0.01, 0.01, 0.03, 1.51, 0.02),
} as const;

/** Acoustic properties at the voxels of an MRI grid, in the order of its memory; units as in {@link Tissue}. */
export interface AcousticMaps extends Grid {
  readonly echogenicity: Float32Array;
  readonly impedance: Float32Array;
  readonly attenuation: Float32Array;
}
