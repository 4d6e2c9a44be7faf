import type { Rgb } from '../draw/colourMap.ts';

/** The two images that the fixed one is compared with: the moving image before and after registration. */
export type Other = 'moving' | 'moved';
export type Mode = 'blend' | 'checkerboard' | 'flicker' | 'difference' | 'overlay';
export type Triple = readonly [number, number, number];
/** A point in display voxels; null where it is nowhere. */
export type Place = Triple | null;

/**
 * What the viewer's script finds in its page, as JSON. Volumes are base64 of a byte a voxel in display order: columns
 * run to the patient's left, rows to posterior, slices to inferior.
 */
export interface ViewerData {
  readonly size: Triple;
  /** mm. */
  readonly spacing: Triple;
  /** The display voxel at which the slices begin. */
  readonly start: Triple;
  readonly mode: Mode;
  readonly images: Readonly<Record<'fixed' | Other, string>>;
  /** Codes from 1, which index `colours`; 0 is no label. */
  readonly labels: { readonly [name in 'fixed' | Other]?: string };
  readonly colours: readonly string[];
  readonly landmarks?: Readonly<Record<'fixed' | Other, readonly Place[]>>;
  /** Landmarks farther from a slice are not drawn on it; mm. */
  readonly reach: number;
  /** Of one modality: the colour of the other image less the fixed one, from −255 to 255. */
  readonly differenceColours?: readonly Rgb[];
  /** Of two modalities: the colour of the fixed image's bytes. */
  readonly overlayColours?: readonly Rgb[];
}
