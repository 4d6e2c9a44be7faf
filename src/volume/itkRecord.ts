import { UserError } from '../errors.ts';
import { mapTriple } from '../triple.ts';
import { assertFinite } from './checks.ts';
import type { Mat4, Vec3, Warp } from './grid.ts';
import {
  applyToPoint,
  column,
  flipRasLps,
  fromColumns,
  identity,
  isInvertible,
  multiply,
  scaling,
  spacingOf,
  translation,
} from './matrix.ts';
import type { PointTransform, TransformChain } from './transformChain.ts';
import { interleaved, planar } from './vectors.ts';

/** A transform as ITK's files hold it, whatever their format. */
export interface ItkRecord {
  /** ITK's class with its numbers and dimensions: `AffineTransform_double_3_3`. */
  readonly type: string;
  readonly parameters: ArrayLike<number>;
  readonly fixedParameters: ArrayLike<number>;
}

const COMPOSITE = 'CompositeTransform';
const FIELD = 'DisplacementFieldTransform';

/**
 * The transforms of a file. ITK applies a composite from its last part to its first.
 * @param name what messages call the file
 * @throws UserError when one is of a kind that is not read or damaged, or there are several that no composite joins
 */
export function chainOfRecords(records: readonly ItkRecord[], name: string): TransformChain {
  const isComposite = kindOf(records[0]) === COMPOSITE;
  if (
    records.length === 0 ||
    (!isComposite && records.length > 1) ||
    records.some((each) => kindOf(each) === undefined)
  )
    throw new UserError(
      `${name} must hold one 3-D transform, or one composite of 3-D transforms; export a single transform.`,
    );
  const parts = isComposite ? records.slice(1).reverse() : records;
  if (parts.length === 0) throw new UserError(`${name} holds an empty composite transform; export it again.`);
  return parts.map((each) => (kindOf(each) === FIELD ? fieldOf(each, name) : { matrix: matrixOf(each, name) }));
}

/** The class between 3-D points; undefined for another dimension. */
function kindOf(record: ItkRecord | undefined): string | undefined {
  return /^(\w+?)_(?:double|float)_3_3$/.exec(record?.type ?? '')?.[1];
}

/**
 * Transforms as ITK writes them: each as it is, and several as a composite.
 * @param centre of a linear transform, RAS mm: changes the file's numbers, not what they do
 */
export function recordsOfChain(chain: TransformChain, centre: Vec3 = [0, 0, 0]): ItkRecord[] {
  const parts = chain.map((each) => ('matrix' in each ? recordOfMatrix(each.matrix, centre) : recordOfField(each)));
  if (parts.length === 1) return parts;
  return [{ type: `${COMPOSITE}_double_3_3`, parameters: [], fixedParameters: [] }, ...parts.reverse()];
}

/** y = M (x − c) + c + t in LPS mm. */
function recordOfMatrix(matrix: Mat4, centre: Vec3): ItkRecord {
  const lps = toLps(matrix);
  const c = applyToPoint(flipRasLps, centre);
  const at = applyToPoint(lps, c);
  const linear = [0, 1, 2].flatMap((row) => lps.slice(4 * row, 4 * row + 3));
  return {
    type: 'AffineTransform_double_3_3',
    parameters: [...linear, at[0] - c[0], at[1] - c[1], at[2] - c[2]],
    fixedParameters: c.map((value) => value || 0),
  };
}

/** Size, origin, spacing and the rows of the directions; then the vectors. */
function recordOfField({ warp, inverse }: { readonly warp: Warp; readonly inverse?: boolean }): ItkRecord {
  if (inverse) throw new RangeError('An inverse warp must be joined to a warp before it is written.');
  const lps = multiply(flipRasLps, warp.affine);
  const spacing = spacingOf(lps);
  const rows = [0, 1, 2].flatMap((row) => [0, 1, 2].map((axis) => lps[4 * row + axis]! / spacing[axis]!));
  return {
    type: `${FIELD}_double_3_3`,
    parameters: interleaved(warp.data),
    fixedParameters: [...warp.size, ...column(lps, 3), ...spacing, ...rows].map((value) => value || 0),
  };
}

function fieldOf({ parameters, fixedParameters }: ItkRecord, name: string): PointTransform {
  const fixed = Array.from(fixedParameters);
  const [size, origin, spacing] = [0, 3, 6].map((at) => vector(fixed, at)) as [Vec3, Vec3, Vec3];
  const axis = (n: 0 | 1 | 2): Vec3 => mapTriple([0, 3, 6], (row) => fixed[9 + row + n]! * spacing[n]);
  const affine = multiply(flipRasLps, fromColumns(axis(0), axis(1), axis(2), origin));
  const whole = size.every((n) => Number.isInteger(n) && n > 0);
  if (fixed.length !== 18 || !whole || parameters.length !== 3 * size[0] * size[1] * size[2] || !isInvertible(affine))
    throw new UserError(`${name} holds a displacement field whose numbers do not fit together; export it again.`);
  const data = planar(parameters);
  assertFinite(data, name);
  return { warp: { size, affine, data } };
}

/** RAS mm. */
function matrixOf(record: ItkRecord, name: string): Mat4 {
  const kind = kindOf(record) as string;
  const make = linearPart[kind];
  if (!make)
    throw new UserError(`${name} holds a ${kind}; give one of ${[...Object.keys(linearPart), FIELD].join(', ')}.`);
  const fixed = Array.from(record.fixedParameters);
  const { linear, shift } = make(Array.from(record.parameters), fixed);
  const [cx = 0, cy = 0, cz = 0] = kind === 'TranslationTransform' ? [] : fixed;
  const around = multiply(multiply(translation([cx, cy, cz]), linear), translation([-cx, -cy, -cz]));
  const lps = multiply(translation(shift), around);
  if (!isInvertible(lps)) throw new UserError(`${name} holds a transform that has no inverse; export it again.`);
  return toLps(lps);
}

/** Between RAS and LPS; its own inverse. */
function toLps(matrix: Mat4): Mat4 {
  return multiply(flipRasLps, multiply(matrix, flipRasLps));
}

/** A transform without its centre. */
interface LinearPart {
  readonly linear: Mat4;
  readonly shift: Vec3;
}

type Maker = (parameters: readonly number[], fixedParameters: readonly number[]) => LinearPart;

const vector = (values: readonly number[], at: number): Vec3 => [
  values[at] ?? Number.NaN,
  values[at + 1] ?? Number.NaN,
  values[at + 2] ?? Number.NaN,
];

const fromRows = (m: readonly number[]): Mat4 => [
  ...[...vector(m, 0), 0],
  ...[...vector(m, 3), 0],
  ...[...vector(m, 6), 0],
  ...[0, 0, 0, 1],
];

const matrixAndOffset: Maker = (p) => ({ linear: fromRows(p), shift: vector(p, 9) });

const rigid: Maker = (p) => ({ linear: fromVersor(vector(p, 0)), shift: vector(p, 3) });

/** The linear transforms that are read, as ITK's documentation of each class has them. */
const linearPart: Readonly<Record<string, Maker>> = {
  AffineTransform: matrixAndOffset,
  MatrixOffsetTransformBase: matrixAndOffset,
  Euler3DTransform: (p, fixed) => ({ linear: fromAngles(vector(p, 0), fixed[3] === 1), shift: vector(p, 3) }),
  VersorRigid3DTransform: rigid,
  Similarity3DTransform: (p, fixed) => {
    const { linear, shift } = rigid(p, fixed);
    const scale = p[6] ?? Number.NaN;
    return { linear: multiply(linear, scaling([scale, scale, scale])), shift };
  },
  IdentityTransform: () => ({ linear: identity, shift: [0, 0, 0] }),
  TranslationTransform: (p) => ({ linear: identity, shift: vector(p, 0) }),
};

/** Rotations about x, y and z, joined as Z · X · Y, or as Z · Y · X where the file says so. */
function fromAngles([x, y, z]: Vec3, zyx: boolean): Mat4 {
  const { cos, sin } = Math;
  const aboutX = fromRows([1, 0, 0, 0, cos(x), -sin(x), 0, sin(x), cos(x)]);
  const aboutY = fromRows([cos(y), 0, sin(y), 0, 1, 0, -sin(y), 0, cos(y)]);
  const aboutZ = fromRows([cos(z), -sin(z), 0, sin(z), cos(z), 0, 0, 0, 1]);
  return zyx ? multiply(aboutZ, multiply(aboutY, aboutX)) : multiply(aboutZ, multiply(aboutX, aboutY));
}

/** The rotation of a unit quaternion with this vector part. */
function fromVersor([x, y, z]: Vec3): Mat4 {
  const w = Math.sqrt(1 - (x * x + y * y + z * z));
  return fromRows([
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    ...[2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    ...[2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ]);
}
