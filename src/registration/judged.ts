import { given } from '../given.ts';
import type { Labels, Volume } from '../volume/grid.ts';
import type { PointPairs } from '../volume/landmarks.ts';
import { applyLinear, applyWarp } from '../volume/warp.ts';
import { whenRead } from '../volume/whenRead.ts';
import { type Assessment, assess } from './assess.ts';
import { type RegistrationError, registrationError } from './landmarkError.ts';
import type { Registration } from './register.ts';

/** What is known of a pair beside its registration. */
interface KnownPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels?: Labels | undefined;
  readonly movingLabels?: Labels | undefined;
  /** Points that both images have, RAS mm. */
  readonly landmarks?: PointPairs | undefined;
}

/** A registered pair with all that figures and tables need. */
export interface JudgedRegistration extends Registration {
  readonly fixed: Volume;
  readonly moving: Volume;
  /** The moving image at the start alignment, in the fixed grid. */
  readonly before: Volume;
  readonly fixedLabels?: Labels;
  readonly startLabels?: Labels;
  readonly movedLabels?: Labels;
  /** Points that both images have, RAS mm, and how far they are apart. */
  readonly landmarks?: PointPairs;
  readonly landmarkError?: RegistrationError;
  readonly assessment: Assessment;
}

/** A judged registration, and how long it took. */
export interface RegisteredPair extends JudgedRegistration {
  /** Seconds for reading, registering and judging. */
  readonly seconds: number;
}

/** Moves the labels of a registered pair, and measures all that can be measured. */
export function judged(registration: Registration, pair: KnownPair): JudgedRegistration {
  const { fixed, moving, fixedLabels, movingLabels, landmarks } = pair;
  const start = { size: fixed.size, affine: fixed.affine, matrix: registration.start };
  const movedLabels = movingLabels && applyWarp(registration.warp, movingLabels);
  const startLabels = movingLabels && applyLinear(start, movingLabels);
  const known = { ...registration, ...given({ fixedLabels, startLabels, movedLabels, landmarks }) };
  return {
    ...known,
    fixed,
    moving,
    before: whenRead(fixed, () => applyLinear(start, moving).data),
    ...(landmarks ? { landmarkError: registrationError(landmarks, registration) } : {}),
    assessment: assess(known),
  };
}
