import { NIFTI1, NIFTI2 } from 'nifti-reader-js';
import { UserError } from '../errors.ts';
import { copyBytes } from './byteOrder.ts';
import type { Mat4, Vec3 } from './grid.ts';
import { column, fromColumns, isInvertible, multiply, scaling } from './matrix.ts';

/** What a NIfTI-1 or NIfTI-2 header says, as far as it is needed to read the image. */
export interface NiftiHeader {
  /** Voxels along every axis, as many as the header has (1 to 7). */
  readonly shape: readonly number[];
  /** NIfTI's code of the element type. */
  readonly datatype: number;
  readonly littleEndian: boolean;
  /** Where the voxels begin, in bytes. */
  readonly offset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly intent: number;
  /** Voxel index to RAS millimetres. */
  readonly affine: Mat4;
}

const sizes = { 1: NIFTI1.MAGIC_COOKIE, 2: NIFTI2.MAGIC_COOKIE } as const;
const vectorsAt = { 1: 280, 2: 400 } as const;

/**
 * Reads the header of an unpacked .nii file.
 *
 * The fields come from nifti-reader-js, which is given the bare header; the geometry is computed here. Its version 0.8
 * overwrites the sform by the qform when the qform's code is the larger one, computes no qform for NIfTI-2, and can
 * loop for ever on damaged extensions.
 * @throws UserError when the bytes are not a NIfTI file, or its geometry cannot be used.
 */
export function readNiftiHeader(bytes: Uint8Array, name: string): NiftiHeader {
  const version = versionOf(bytes, name);
  const raw = version === 1 ? new NIFTI1() : new NIFTI2();
  raw.readHeader(copyBytes(bytes, 0, sizes[version]).buffer);
  const dimensions = raw.dims[0]!;
  if (!(dimensions >= 1 && dimensions <= 7)) {
    throw new UserError(
      `${name} has a damaged NIfTI header (${dimensions} dimensions); copy or convert the file again.`,
    );
  }
  const scale = raw.scl_slope;
  const isScaled = Number.isFinite(scale) && scale !== 0;
  return {
    shape: raw.dims.slice(1, dimensions + 1),
    datatype: raw.datatypeCode,
    littleEndian: raw.littleEndian,
    offset: Math.max(Math.round(raw.vox_offset) || 0, sizes[version] + 4),
    slope: isScaled ? scale : 1,
    intercept: isScaled && Number.isFinite(raw.scl_inter) ? raw.scl_inter : 0,
    intent: raw.intent_code,
    affine: affineOf(raw, bytes, version, name),
  };
}

/** Tells the version from the header's size field and magic string, in either byte order. */
function versionOf(bytes: Uint8Array, name: string): 1 | 2 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = ([1, 2] as const).find(
    (v) => bytes.length >= 4 && [view.getInt32(0, true), view.getInt32(0, false)].includes(sizes[v]),
  );
  if (version === undefined) throw new UserError(`${name} is not a NIfTI file; give a .nii or .nii.gz file.`);
  if (bytes.length < sizes[version]) throw new UserError(`${name} is cut short in its header; copy the file again.`);
  const at = version === 1 ? NIFTI1.MAGIC_NUMBER_LOCATION : NIFTI2.MAGIC_NUMBER_LOCATION;
  const magic = String.fromCharCode(...bytes.subarray(at, at + 3));
  if (magic === `n+${version}`) return version;
  throw new UserError(
    `${name} is not a single-file NIfTI (an Analyze or .hdr/.img header); convert it to .nii or .nii.gz.`,
  );
}

/**
 * The geometry: the sform (NIfTI's method 3) if its code is positive. Otherwise the qform (method 2), or else the voxel
 * sizes with the origin at voxel (0, 0, 0) (method 1). Units of metres and micrometres become millimetres.
 */
function affineOf(raw: NIFTI1 | NIFTI2, bytes: Uint8Array, version: 1 | 2, name: string): Mat4 {
  const candidates: Mat4[] = [];
  if (raw.sform_code > 0) candidates.push(sform(bytes, version, raw.littleEndian));
  if (raw.qform_code > 0) candidates.push(qform(raw));
  const isPicture = raw.dims[0]! < 3 || raw.dims[3] === 1;
  if (isPicture && raw.sform_code > 0)
    candidates.push(withThirdAxis(sform(bytes, version, raw.littleEndian), voxelSizes(raw)[2]));
  if (candidates.length === 0) candidates.push(scaling(voxelSizes(raw)));
  const affine = candidates.find(isInvertible);
  if (affine === undefined) {
    throw new UserError(`${name} has no usable geometry (its sform or qform is singular); repair its header.`);
  }
  const units = raw.xyzt_units & NIFTI1.SPATIAL_UNITS_MASK;
  const millimetres = units === NIFTI1.UNITS_METER ? 1000 : units === NIFTI1.UNITS_MICRON ? 0.001 : 1;
  return millimetres === 1 ? affine : multiply(scaling([millimetres, millimetres, millimetres]), affine);
}

function sform(bytes: Uint8Array, version: 1 | 2, littleEndian: boolean): Mat4 {
  const view = new DataView(bytes.buffer, bytes.byteOffset + vectorsAt[version]);
  const rows = Array.from({ length: 12 }, (_, i) =>
    version === 1 ? view.getFloat32(4 * i, littleEndian) : view.getFloat64(8 * i, littleEndian),
  );
  return [...rows, 0, 0, 0, 1];
}

/** A matrix whose third axis has no length, as some leave it for one slice, gets one across the slice. */
function withThirdAxis(matrix: Mat4, length: number): Mat4 {
  if (column(matrix, 2).some((value) => value !== 0)) return matrix;
  const [i, j] = [column(matrix, 0), column(matrix, 1)];
  const across: Vec3 = [i[1] * j[2] - i[2] * j[1], i[2] * j[0] - i[0] * j[2], i[0] * j[1] - i[1] * j[0]];
  const scale = length / Math.hypot(...across);
  return fromColumns(i, j, [across[0] * scale, across[1] * scale, across[2] * scale], column(matrix, 3));
}

/**
 * The rotation of the quaternion (a, b, c, d), with the voxel sizes, and the third axis turned round when qfac is −1.
 */
function qform(raw: NIFTI1 | NIFTI2): Mat4 {
  let [b, c, d] = [raw.quatern_b, raw.quatern_c, raw.quatern_d];
  const rest = 1 - (b * b + c * c + d * d);
  if (rest < 0) {
    // Rounding can make the vector part longer than 1: then it is a half turn.
    const length = Math.hypot(b, c, d);
    [b, c, d] = [b / length, c / length, d / length];
  }
  const a = Math.sqrt(Math.max(rest, 0));
  const [sx, sy, sz] = voxelSizes(raw);
  const z = raw.pixDims[0]! < 0 ? -sz : sz;
  return fromColumns(
    [(a * a + b * b - c * c - d * d) * sx, 2 * (b * c + a * d) * sx, 2 * (b * d - a * c) * sx],
    [2 * (b * c - a * d) * sy, (a * a + c * c - b * b - d * d) * sy, 2 * (c * d + a * b) * sy],
    [2 * (b * d + a * c) * z, 2 * (c * d - a * b) * z, (a * a + d * d - b * b - c * c) * z],
    [raw.qoffset_x, raw.qoffset_y, raw.qoffset_z],
  );
}

/** The voxel sizes; a missing one counts as 1, as the NIfTI library has it. */
function voxelSizes(raw: NIFTI1 | NIFTI2): [number, number, number] {
  const size = (axis: number) => {
    const value = Math.abs(raw.pixDims[axis]!);
    return value > 0 && Number.isFinite(value) ? value : 1;
  };
  return [size(1), size(2), size(3)];
}
