import { UserError } from '../../errors.ts';
import type { Vec3, Volume, Warp } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { Acquisition } from './acquisition.ts';
import type { Subject } from './brainPhantom.ts';
import { BrainShift } from './brainShift.ts';
import { initialError } from './initialError.ts';
import { type LandmarkPair, pickLandmarks } from './landmarks.ts';
import { scan } from './scanner.ts';
import { along, length, minus, perpendiculars } from './vector.ts';

/** How deep the ultrasound sees at most, in mm. */
const DEEPEST = 70;

/** The least depth with which a sector still shows anything. */
const SHALLOWEST = 20;

/** A case whose ultrasound is simulated, with the truth about how it lies to the MRI. */
export interface SimulatedCase {
  readonly t1: Volume;
  readonly flair?: Volume;
  readonly ultrasound: Volume;
  /** Fixed is the ultrasound, moving the MRI: ultrasound point p corresponds to MRI point p + u(p). */
  readonly warp: Warp;
  readonly shift: BrainShift;
  readonly landmarks: readonly LandmarkPair[];
  /** Mean distance of the landmarks before registration, mm. */
  readonly initialDistance: number;
}

interface CaseOptions {
  readonly seed: number;
  readonly index: number;
  /** Mean over cases of the initial misalignment, mm. */
  readonly shift: number;
  /** Voxels of the ultrasound, mm; default the MRI's finest. */
  readonly spacing?: number;
}

/** How deep the probe may look so that the sector stays within the region, mm. */
function depthIn({ t1 }: Subject): number {
  const spacing = spacingOf(t1.affine);
  const shortest = Math.min(...t1.size.map((n, axis) => n * spacing[axis]!));
  const depth = Math.min(DEEPEST, 0.68 * shortest);
  if (depth < SHALLOWEST) {
    const least = Math.ceil(SHALLOWEST / 0.68);
    throw new UserError(
      `An MRI of ${shortest.toFixed(0)} mm along its shortest side has no room for an ultrasound acquisition; it must be ${least} mm or more.`,
    );
  }
  return depth;
}

/** Points below the craniotomy, where landmarks will lie. */
function pointsBelow({ craniotomy: { point, inward } }: Subject, depth: number): Vec3[] {
  const [u, v] = perpendiculars(inward);
  const steps = [-1, 0, 1];
  return [0.2, 0.5, 0.8].flatMap((share) =>
    steps.flatMap((a) =>
      steps.map((b) =>
        along(along(along(point, inward, share * depth), u, 0.4 * a * share * depth), v, 0.4 * b * share * depth),
      ),
    ),
  );
}

/**
 * Simulates the ultrasound of a subject: draws the misalignment, sets the probe on the shifted brain, scans, and marks
 * points.
 * Randomness: streams of (`seed`, 'ultrasound', …, `index`).
 *
 * @throws UserError when the MRI is too small for an acquisition.
 */
export function simulateCase(subject: Subject, { seed, index, shift, spacing }: CaseOptions): SimulatedCase {
  const depth = depthIn(subject);
  const { craniotomy, t1, flair, acoustics } = subject;
  const map = BrainShift.random(seed, index, craniotomy).withMeanDisplacement(
    initialError(seed, index, shift),
    pointsBelow(subject, depth),
  );
  const acquisition = Acquisition.over(map.toUltrasound(craniotomy.point), craniotomy.inward, depth, seed, index);
  const grid = acquisition.grid(spacing ?? Math.min(...spacingOf(t1.affine)), seed, index);
  const landmarks = pickLandmarks(t1, grid, map, acquisition, seed, index);
  const distances = landmarks.map(({ mri, ultrasound }) => length(minus(mri, ultrasound)));
  return {
    t1,
    ...(flair && { flair }),
    ultrasound: scan(acquisition, grid, map, acoustics, seed, index),
    warp: map.warpOn(grid),
    shift: map,
    landmarks,
    initialDistance: distances.reduce((sum, mm) => sum + mm, 0) / distances.length,
  };
}
