/** How one level of an alignment is searched. */
interface AlignmentLevel {
  /** Its voxels in multiples of the finest level's. */
  readonly coarser: number;
  /** Whether it begins from all starts as well as from the ends of the level before. */
  readonly wide: boolean;
  /** Whether only rotation and shift are sought, whatever the kind. */
  readonly rigid: boolean;
  /** Candidates that are followed, besides the start as given, those of the least loss. */
  readonly followed: number;
  /** Whether the start as given is followed rigidly: from there fine levels alone do not settle scale and shear. */
  readonly startRigid: boolean;
  /** Steps of one descent. */
  readonly steps: number;
  /**
   * Steps of the descent from the start as given: it must arrive, since its end is preferred to others that are level
   * with it.
   */
  readonly startSteps: number;
  /** Length of its first steps along each coordinate, in the level's voxels; later ones are shorter. */
  readonly rate: number;
}

/** The levels in their order. Times that are named are shares of what one evaluation on the finest level costs. */
export const LEVELS: readonly AlignmentLevel[] = [
  // Some 15³ voxels: an evaluation costs a sixtieth, so all starts are looked at and descents may be long. Scale and
  // shear would let one volume shrink into an even part of the other.
  { coarser: 4, wide: true, rigid: true, followed: 4, startRigid: false, steps: 60, startSteps: 60, rate: 0.4 },
  // Some 30³, an eighth: the starts are looked at again, since the coarsest can rank the right one low. Six valleys are
  // kept apart.
  { coarser: 2, wide: true, rigid: false, followed: 6, startRigid: false, steps: 50, startSteps: 50, rate: 0.3 },
  // Some 43³, a third: what is half as fine as the finest cannot tell a valley some millimetres off from the right one.
  { coarser: 1.4, wide: false, rigid: false, followed: 4, startRigid: true, steps: 24, startSteps: 36, rate: 0.2 },
  // 60³ at most: only the last tenths of a voxel are left to find, from the best two ends and the start. With
  // a third fewer steps, ends lay up to a quarter of a voxel apart.
  { coarser: 1, wide: false, rigid: false, followed: 2, startRigid: true, steps: 28, startSteps: 40, rate: 0.12 },
];

/** Voxels of the finest level at most, as the edge of a cube: about 3 mm for a head. */
export const FINEST = 60;

/** A descent that comes within so many voxels of the end of another has found the same end. */
export const MET = 0.15;
