import type { Tensor } from '../tensor.ts';
import { reshape } from './layout.ts';

/** A fixed matrix, row-major: `rows` outputs from `columns` inputs. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Builds a matrix from a formula for its elements. */
export function matrix(rows: number, columns: number, element: (row: number, column: number) => number): Matrix {
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) values[r * columns + c] = element(r, c);
  return { rows, columns, values };
}

/** The transposed matrix. */
export function transposed(map: Matrix): Matrix {
  return matrix(map.columns, map.rows, (r, c) => map.values[c * map.columns + r]!);
}

/**
 * Applies a fixed linear map along one axis: out[…, i, …] = Σⱼ m[i, j] · x[…, j, …], as matrix products.
 * Box filters, interpolation and differences are such maps.
 */
export function linearAlongAxis(x: Tensor, axis: number, map: Matrix): Tensor {
  const { graph } = x;
  if (x.shape[axis] !== map.columns)
    throw new Error(`A map from ${map.columns} values cannot act on axis ${axis} of [${x.shape}].`);
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const out = [outer, map.rows, inner];
  const back = ([arriving]: readonly (Tensor | undefined)[]): Tensor =>
    reshape(linearAlongAxis(reshape(arriving as Tensor, out), 1, transposed(map)), [outer, map.columns, inner]);
  if (inner === 1) {
    const right = transposed(map);
    const product = graph.apply(
      'MatMul',
      [reshape(x, [outer, map.columns]), graph.constant(right.values, [right.rows, right.columns])],
      { shape: [outer, map.rows] },
      { gradient: (arriving) => [reshape(back(arriving), [outer, map.columns]), undefined] },
    );
    return reshape(product, x.shape.with(axis, map.rows));
  }
  const product = graph.apply(
    'MatMul',
    [graph.constant(map.values, [map.rows, map.columns]), reshape(x, [outer, map.columns, inner])],
    { shape: out, type: x.type },
    { gradient: (arriving) => [undefined, back(arriving)] },
  );
  return reshape(product, x.shape.with(axis, map.rows));
}

/** Sum over a window of odd width around each element; elements outside count as zero. */
export function boxSumMatrix(extent: number, width: number): Matrix {
  const reach = (width - 1) / 2;
  return matrix(extent, extent, (r, c) => (Math.abs(r - c) <= reach ? 1 : 0));
}

/**
 * Linear interpolation from `columns` samples to `rows` samples that cover the same length. The outer borders of the
 * end cells coincide, as torch's align_corners = false. Beyond the outermost samples the border value holds.
 */
export function interpolationMatrix(rows: number, columns: number): Matrix {
  return matrix(rows, columns, (r, c) => {
    const at = Math.min(Math.max(((r + 0.5) * columns) / rows - 0.5, 0), columns - 1);
    return Math.max(0, 1 - Math.abs(at - c));
  });
}
