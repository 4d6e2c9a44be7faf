import { type Random, randomStream } from '../../random.ts';
import { mapTriple } from '../../triple.ts';
import type { Grid, Vec3 } from '../../volume/grid.ts';
import { fromColumns } from '../../volume/matrix.ts';
import { along, cross, dot, minus, perpendiculars, randomDirection, turned } from './vector.ts';

/** Half the opening of the sector, and of the fan in which its plane is swept, in radians. */
const HALF_SECTOR = 0.6;
const HALF_FAN = 0.36;

/** A point in the coordinates of the beams. */
export interface BeamPoint {
  /** Distance from the probe's face along the beam, mm. */
  readonly depth: number;
  /** Angle of the beam within its frame, radians. */
  readonly angle: number;
  /** Angle of the frame in the acquisition, radians. */
  readonly tilt: number;
}

/**
 * A hand-held acquisition of a curved array. Frames are sectors of beams that leave a face of radius `faceRadius`. They
 * are tilted about an axis that is parallel to the face and lies `pivot` above it.
 */
export class Acquisition {
  /** The middle of the probe's face, RAS mm. */
  readonly face: Vec3;
  /** Unit vectors: down the middle beam, across the frame, along the acquisition. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
  readonly maxDepth: number;
  readonly faceRadius: number;
  readonly pivot: number;
  readonly halfSector = HALF_SECTOR;
  readonly halfFan = HALF_FAN;
  /** How far the hand has moved the edges of the frames aside, radians, evenly along the acquisition. */
  readonly #wobble: Float64Array;

  constructor(face: Vec3, axes: readonly [Vec3, Vec3, Vec3], maxDepth: number, wobble: Float64Array) {
    this.face = face;
    this.axes = axes;
    this.maxDepth = maxDepth;
    this.faceRadius = 0.28 * maxDepth;
    this.pivot = 0.8 * maxDepth;
    this.#wobble = wobble;
  }

  /**
   * An acquisition over a place where the probe touches the brain, at up to 8 degrees from the vertical.
   * Randomness: the stream (`seed`, 'ultrasound', 'sweep', `index`).
   *
   * @param point in ultrasound space, RAS mm.
   * @param inward unit vector into the brain.
   */
  static over(point: Vec3, inward: Vec3, maxDepth: number, seed: number, index: number): Acquisition {
    const random = randomStream(seed, 'ultrasound', 'sweep', index);
    const [side] = perpendiculars(inward);
    const down = turned(turned(inward, side, 0.14 * random.uniform()), inward, 2 * Math.PI * random.uniform());
    const across = turned(perpendiculars(down)[0], down, 2 * Math.PI * random.uniform());
    const face = along(point, down, -0.03 * maxDepth);
    return new Acquisition(face, [down, across, cross(down, across)], maxDepth, wobbling(random));
  }

  toBeam(p: Vec3): BeamPoint {
    const offset = minus(p, this.face);
    const [down, across, tilting] = this.axes;
    const a = dot(offset, down) + this.pivot;
    const s = dot(offset, tilting);
    const inPlane = Math.sqrt(a * a + s * s) - this.pivot + this.faceRadius;
    const lateral = dot(offset, across);
    return {
      depth: Math.sqrt(inPlane * inPlane + lateral * lateral) - this.faceRadius,
      angle: Math.atan2(lateral, inPlane),
      tilt: Math.atan2(s, a),
    };
  }

  toWorld({ depth, angle, tilt }: BeamPoint): Vec3 {
    const radius = depth + this.faceRadius;
    const reach = radius * Math.cos(angle) - this.faceRadius + this.pivot;
    const [down, across, tilting] = this.axes;
    const inFrame = along(
      along(this.face, down, reach * Math.cos(tilt) - this.pivot),
      across,
      radius * Math.sin(angle),
    );
    return along(inFrame, tilting, reach * Math.sin(tilt));
  }

  /** Whether the probe sees a point, and keeps a margin in mm from the field's border. */
  sees({ depth, angle, tilt }: BeamPoint, margin = 0): boolean {
    if (!(depth >= margin && depth <= this.maxDepth - margin)) return false;
    const place = (tilt / this.halfFan + 1) / 2;
    if (!(place >= 0 && place <= 1)) return false;
    const wobble = this.#wobble[Math.min(this.#wobble.length - 1, Math.floor(place * this.#wobble.length))]!;
    const toSide = this.halfSector - Math.abs(angle - wobble);
    const toEnd = this.halfFan - Math.abs(tilt);
    return toSide * (depth + this.faceRadius) >= margin && toEnd * (depth + this.pivot) >= margin;
  }

  /**
   * An isotropic grid around the field of view, turned against the probe by 4 to 9 degrees.
   * Randomness: the stream (`seed`, 'ultrasound', 'grid', `index`).
   */
  grid(spacing: number, seed: number, index: number): Grid {
    const random = randomStream(seed, 'ultrasound', 'grid', index);
    const axis = randomDirection(random);
    const angle = 0.07 + 0.09 * random.uniform();
    const [down, across, tilting] = this.axes;
    const frame = [tilting, across, along([0, 0, 0], down, -1)].map((v) => turned(v, axis, angle)) as [
      Vec3,
      Vec3,
      Vec3,
    ];
    const corners = this.#outline();
    const range = mapTriple(frame, (v) => {
      const places = corners.map((p) => dot(p, v));
      return [Math.min(...places), Math.max(...places)] as const;
    });
    const size = mapTriple(range, ([low, high]) => Math.ceil((high - low) / spacing) + 2);
    const steps = frame.map((v) => along([0, 0, 0], v, spacing)) as [Vec3, Vec3, Vec3];
    const origin = frame.reduce((sum: Vec3, v, a) => along(sum, v, range[a]![0] - 0.5 * spacing), [0, 0, 0]);
    return { size, affine: fromColumns(...steps, origin) };
  }

  /** Points all over the border of the field of view. */
  #outline(): Vec3[] {
    const steps = [-1, -0.5, 0, 0.5, 1];
    return [0, 0.5, 1].flatMap((share) =>
      steps.flatMap((a) =>
        steps.map((t) =>
          this.toWorld({ depth: share * this.maxDepth, angle: a * this.halfSector, tilt: t * this.halfFan }),
        ),
      ),
    );
  }
}

/** A hand's small movements: a bounded random walk over the frames of an acquisition. */
function wobbling(random: Random): Float64Array {
  let now = 0;
  return Float64Array.from({ length: 48 }, () => {
    now = 0.8 * now + 0.012 * random.normal();
    return Math.max(-0.06, Math.min(0.06, now));
  });
}
