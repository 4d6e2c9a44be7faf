import { UserError } from '../errors.ts';
import type { Mat4, Vec3 } from './grid.ts';
import { applyToPoint, flipRasLps, isInvertible, multiply, translation } from './matrix.ts';

const HEADER = '#Insight Transform File V1.0';

/**
 * Writes a transform as ITK's text file, which ITK, ANTs, Slicer, plastimatch and SimpleITK read: LPS mm, fixed point → moving point,
 * y = M (x − c) + c + t.
 * @param matrix RAS mm, fixed point → moving point
 * @param centre c, RAS mm: changes the file's numbers, not what they do
 */
export function encodeItkTransform(matrix: Mat4, centre: Vec3 = [0, 0, 0]): string {
  const lps = toLps(matrix);
  const c = applyToPoint(flipRasLps, centre);
  const at = applyToPoint(lps, c);
  const linear = [0, 1, 2].flatMap((row) => lps.slice(4 * row, 4 * row + 3));
  const shift = [at[0] - c[0], at[1] - c[1], at[2] - c[2]];
  return [
    HEADER,
    '#Transform 0',
    'Transform: AffineTransform_double_3_3',
    `Parameters: ${[...linear, ...shift].join(' ')}`,
    `FixedParameters: ${c.map((value) => value || 0).join(' ')}`,
    '',
  ].join('\n');
}

/**
 * Reads such a file: an affine, Euler, versor or translation transform.
 * @param name what messages call the file
 * @returns RAS mm, fixed point → moving point
 * @throws UserError when it is no such file, or holds another kind of transform, or several
 */
export function decodeItkTransform(text: string, name: string): Mat4 {
  if (!text.startsWith('#Insight Transform File'))
    throw new UserError(`${name} is no ITK transform file (its first line is not "${HEADER}"); give one that is.`);
  const kinds = [...text.matchAll(/^Transform:[ \t]*(\w+?)_(?:double|float)_3_3[ \t]*\r?$/gm)].map((match) => match[1]);
  if (kinds.length !== 1 || (text.match(/^Transform:/gm) ?? []).length !== 1)
    throw new UserError(`${name} must hold one transform between 3-D points; export one linear transform alone.`);
  const kind = kinds[0] as string;
  const make = linearPart[kind];
  if (!make) throw new UserError(`${name} holds a ${kind}; give one of ${Object.keys(linearPart).join(', ')}.`);
  const parameters = numbersOf(text, 'Parameters');
  const fixedParameters = numbersOf(text, 'FixedParameters');
  const { linear, shift } = make(parameters, fixedParameters);
  const [cx = 0, cy = 0, cz = 0] = kind === 'TranslationTransform' ? [] : fixedParameters;
  const around = multiply(multiply(translation([cx, cy, cz]), linear), translation([-cx, -cy, -cz]));
  const lps = multiply(translation(shift), around);
  if (!isInvertible(lps))
    throw new UserError(`${name} holds numbers that make no transform with an inverse; export it again.`);
  return toLps(lps);
}

/** Between RAS and LPS; its own inverse. */
function toLps(matrix: Mat4): Mat4 {
  return multiply(flipRasLps, multiply(matrix, flipRasLps));
}

function numbersOf(text: string, key: string): number[] {
  const line = new RegExp(`^${key}:([^\\n]*)$`, 'm').exec(text)?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean).map(Number);
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

/** The transforms that are read, as ITK's documentation of each class has them. */
const linearPart: Readonly<Record<string, Maker>> = {
  AffineTransform: matrixAndOffset,
  MatrixOffsetTransformBase: matrixAndOffset,
  Euler3DTransform: (p, fixed) => ({ linear: fromAngles(vector(p, 0), fixed[3] === 1), shift: vector(p, 3) }),
  VersorRigid3DTransform: (p) => ({ linear: fromVersor(vector(p, 0)), shift: vector(p, 3) }),
  TranslationTransform: (p) => ({ linear: translation([0, 0, 0]), shift: vector(p, 0) }),
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
