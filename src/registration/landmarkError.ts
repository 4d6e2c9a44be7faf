import { UserError } from '../errors.ts';
import { targetRegistrationError } from '../metric/tre.ts';
import { isInside } from '../volume/checks.ts';
import type { Mat4, Vec3, Warp } from '../volume/grid.ts';
import type { Landmark, PointPairs } from '../volume/landmarks.ts';
import { applyToPoints } from '../volume/matrix.ts';
import { warpPoints } from '../volume/warp.ts';

/** Which of the two images of a landmark file is the fixed one. */
export type FixedSide = 'first' | 'second';

/** Mean, standard deviation (n − 1) and maximum, in mm. */
export interface ErrorSummary {
  readonly mean: number;
  readonly sd: number;
  readonly max: number;
}

/** How far one landmark is from its counterpart. */
interface LandmarkDistance {
  readonly name: string;
  readonly before: number;
  readonly after?: number;
  /** It lies outside the warp's grid. */
  readonly outside?: true;
}

/** The landmark error of one case. */
export interface CaseError {
  /** mm; `after` only with a warp. */
  readonly landmarks: readonly LandmarkDistance[];
  readonly before: ErrorSummary;
  readonly after?: ErrorSummary;
  /** Landmarks outside the warp's grid, where its border is continued. */
  readonly outside: number;
}

/** The points of the fixed and of the moving image. @throws UserError when a landmark has no second point */
export function sidesOf(landmarks: readonly Landmark[], fixed: FixedSide, file: string): PointPairs {
  const names = landmarks.map(({ name }) => name);
  const first = landmarks.map((landmark) => landmark.first);
  const second = landmarks.map(({ second: point }) => {
    if (!point)
      throw new UserError(
        `${file} holds the points of one image only; give those of the other with --moving-landmarks.`,
      );
    return point;
  });
  return fixed === 'first' ? { names, fixed: first, moving: second } : { names, fixed: second, moving: first };
}

/**
 * Target registration error before and after: the distance in mm of each moving landmark from the fixed one as it is,
 * and from where the warp takes it.
 * @example const error = landmarkError(['nose', 'chin'], { fixed: fixedPoints, moving: movingPoints }, field)
 */
export function landmarkError(
  names: readonly string[],
  { fixed, moving }: { readonly fixed: readonly Vec3[]; readonly moving: readonly Vec3[] },
  warp?: Warp,
): CaseError {
  const before = targetRegistrationError(fixed, moving);
  const after = warp && targetRegistrationError(warpPoints(warp, fixed), moving);
  const isOutside = fixed.map((point) => warp !== undefined && !isInside(warp, point));
  return {
    landmarks: names.map((name, n) => ({
      name,
      before: before.distances[n]!,
      ...(after ? { after: after.distances[n]! } : {}),
      ...(isOutside[n] ? { outside: true } : {}),
    })),
    before: summaryOf(before),
    ...(after ? { after: summaryOf(after) } : {}),
    outside: isOutside.filter(Boolean).length,
  };
}

/** The landmark error of a registered pair. */
export interface RegistrationError extends CaseError {
  readonly landmarks: readonly (LandmarkDistance & { readonly after: number })[];
  readonly after: ErrorSummary;
}

/** The landmark error of a registered pair: at the start alignment, and after registration. */
export function registrationError(
  points: PointPairs,
  { start, warp }: { readonly start: Mat4; readonly warp: Warp },
): RegistrationError {
  const before = targetRegistrationError(applyToPoints(start, points.fixed), points.moving);
  const after = landmarkError(points.names, points, warp);
  return {
    landmarks: after.landmarks.map((landmark, n) => ({
      ...landmark,
      before: before.distances[n]!,
      after: landmark.after ?? landmark.before,
    })),
    before: summaryOf(before),
    after: after.after ?? after.before,
    outside: after.outside,
  };
}

/** How far landmarks are apart in mm after a linear transform alone, RAS mm, fixed point → moving point. */
export function alignedDistances({ fixed, moving }: PointPairs, matrix: Mat4): readonly number[] {
  return targetRegistrationError(applyToPoints(matrix, fixed), moving).distances;
}

function summaryOf({ mean, sd, max }: ErrorSummary): ErrorSummary {
  return { mean, sd, max };
}
