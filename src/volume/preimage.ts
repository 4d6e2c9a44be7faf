import { mapTriple } from '../triple.ts';
import type { Size, Vec3 } from './grid.ts';

/** Cells along each edge of the smallest blocks that have a box of their own. */
const BLOCK = 4;

/** Boxes around what a map makes of blocks of cells: smallest x, y, z and largest x, y, z of each block. */
interface Level {
  readonly blocks: Size;
  readonly boxes: Float64Array;
}

/** Steps from a block to those about it, the nearest first. */
const REACH = [-3, -2, -1, 0, 1, 2, 3];
const AROUND = REACH.flatMap((z) => REACH.flatMap((y) => REACH.map((x) => [x, y, z] as const))).sort(
  (a, b) => Math.hypot(...a) - Math.hypot(...b),
);

/** Where an axis is cut into cells: at its voxels, or half a voxel on either side of its only one. */
function cutsOf(voxels: number): number[] {
  return voxels === 1 ? [-0.5, 0.5] : Array.from({ length: voxels }, (_, n) => n);
}

/**
 * Finds voxel indices that a map takes to given points, without a start and whatever the map does: bend, shear or fold.
 * Within a cell of eight voxels the map is linear along each axis. So the image of a cell, or of any box cut out of it,
 * lies within the box around the images of its eight corners. Boxes that do not hold the point are left out, the others
 * are divided. What is not found in this way is not there.
 */
export class PreimageSearch {
  readonly #cuts: readonly [number[], number[], number[]];
  /** From the smallest blocks to one that holds all; made when all of the grid is first searched. */
  #levels: readonly Level[] | undefined;
  readonly #near = new Map<number, Float64Array>();

  /** @param map voxel index → mm */
  constructor(
    size: Size,
    private readonly map: (index: Vec3) => Vec3,
  ) {
    this.#cuts = [cutsOf(size[0]), cutsOf(size[1]), cutsOf(size[2])];
  }

  /**
   * A voxel index that the map takes to `point`, in the blocks of cells about an index.
   * @param tolerance mm
   * @returns undefined where there is none so near
   */
  findNear(index: Vec3, point: Vec3, tolerance: number): Vec3 | undefined {
    const [bx, by, bz] = this.#blocks;
    const middle = mapTriple(index, (x, axis) => Math.min(Math.max(Math.floor(x / BLOCK), 0), this.#blocks[axis] - 1));
    for (const [x, y, z] of AROUND) {
      const [i, j, k] = [middle[0] + x, middle[1] + y, middle[2] + z];
      if (i < 0 || j < 0 || k < 0 || i >= bx || j >= by || k >= bz) continue;
      if (!holds(this.#boxAround([i, j, k]), 0, point, tolerance)) continue;
      const found = this.#findInBlock([i, j, k], point, tolerance);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * A voxel index that the map takes to `point`.
   * @param tolerance mm
   * @returns undefined where the map takes no place of the grid to the point
   */
  find(point: Vec3, tolerance: number): Vec3 | undefined {
    this.#levels ??= this.#allLevels();
    const stack: { readonly level: number; readonly at: Vec3 }[] = [{ level: this.#levels.length - 1, at: [0, 0, 0] }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const { level, at } = top;
      const { blocks, boxes } = this.#levels[level]!;
      if (!holds(boxes, 6 * indexOf(blocks, at), point, tolerance)) continue;
      if (level === 0) {
        const found = this.#findInBlock(at, point, tolerance);
        if (found) return found;
      } else {
        const finer = this.#levels[level - 1]!.blocks;
        forEachPart(at, 2, finer, (i, j, k) => stack.push({ level: level - 1, at: [i, j, k] }));
      }
    }
    return undefined;
  }

  /** How many of the smallest blocks there are along each axis. */
  get #blocks(): Size {
    const [cx, cy, cz] = this.#cuts;
    return divided([cx.length - 1, cy.length - 1, cz.length - 1], BLOCK);
  }

  #allLevels(): readonly Level[] {
    const levels = [this.#smallestBlocks()];
    for (let top = levels[0]!; top.boxes.length > 6; levels.push(top)) top = doubled(top);
    return levels;
  }

  /** The box around one block, kept: points that are searched lie side by side. */
  #boxAround(block: Vec3): Float64Array {
    const key = indexOf(this.#blocks, block);
    const known = this.#near.get(key);
    if (known) return known;
    const box = emptyBoxes([1, 1, 1]);
    for (const value of this.#corners(block).values) extend(box, 0, value, value);
    this.#near.set(key, box);
    return box;
  }

  #smallestBlocks(): Level {
    const blocks = this.#blocks;
    const boxes = emptyBoxes(blocks);
    let at = 0;
    forEachPart([0, 0, 0], Math.max(...blocks), blocks, (i, j, k) => {
      for (const value of this.#corners([i, j, k]).values) extend(boxes, at, value, value);
      at += 6;
    });
    return { blocks, boxes };
  }

  /** Where the corners of a block's cells lie along each axis, and where the map takes them, x fastest. */
  #corners(block: Vec3): { readonly cuts: readonly [number[], number[], number[]]; readonly values: readonly Vec3[] } {
    const along = (a: 0 | 1 | 2): number[] => this.#cuts[a].slice(block[a] * BLOCK, (block[a] + 1) * BLOCK + 1);
    const [cx, cy, cz] = [along(0), along(1), along(2)];
    const values = cz.flatMap((z) => cy.flatMap((y) => cx.map((x) => this.map([x, y, z]))));
    return { cuts: [cx, cy, cz], values };
  }

  #findInBlock(block: Vec3, point: Vec3, tolerance: number): Vec3 | undefined {
    const { cuts, values } = this.#corners(block);
    const [cx, cy, cz] = cuts;
    const [dy, dz] = [cx.length, cx.length * cy.length];
    for (let k = 0; k < cz.length - 1; k++)
      for (let j = 0; j < cy.length - 1; j++)
        for (let i = 0; i < cx.length - 1; i++) {
          const n = i + dy * j + dz * k;
          const corners = [n, n + dy, n + dz, n + dy + dz].flatMap((m) => [values[m]!, values[m + 1]!]);
          const inside = findInCell(corners, point, tolerance, [0, 0, 0], 1);
          if (inside) return [cx[i]! + inside[0], cy[j]! + inside[1], cz[k]! + inside[2]];
        }
    return undefined;
  }
}

/**
 * Looks for the point within a cube cut out of a cell.
 * @param corners where the cell's corners are taken, x first
 * @param low,edge the cube, in edges of the cell
 */
function findInCell(
  corners: readonly Vec3[],
  point: Vec3,
  tolerance: number,
  low: Vec3,
  edge: number,
): Vec3 | undefined {
  const at = (n: number, length: number): Vec3 => [
    low[0] + (n & 1) * length,
    low[1] + ((n >> 1) & 1) * length,
    low[2] + (n >> 2) * length,
  ];
  const own = edge === 1 ? corners : EIGHT.map((n) => interpolated(corners, at(n, edge)));
  let widest = 0;
  for (let a = 0 as 0 | 1 | 2; a < 3; a++) {
    let [least, most] = [own[0]![a], own[0]![a]];
    for (const value of own) {
      if (value[a] < least) least = value[a];
      else if (value[a] > most) most = value[a];
    }
    if (point[a] < least - tolerance || point[a] > most + tolerance) return undefined;
    widest = Math.max(widest, most - least);
  }
  const half = edge / 2;
  if (widest <= tolerance) return at(7, half);
  for (const n of EIGHT) {
    const found = findInCell(corners, point, tolerance, at(n, half), half);
    if (found) return found;
  }
  return undefined;
}

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7] as const;

function interpolated(corners: readonly Vec3[], [x, y, z]: Vec3): Vec3 {
  const along = (a: 0 | 1 | 2): number => {
    const row = (n: number): number => corners[n]![a] + x * (corners[n + 1]![a] - corners[n]![a]);
    const near = row(0) + y * (row(2) - row(0));
    return near + z * (row(4) + y * (row(6) - row(4)) - near);
  };
  return [along(0), along(1), along(2)];
}

/** The level above: blocks twice as long. */
function doubled({ blocks, boxes }: Level): Level {
  const coarse = divided(blocks, 2);
  const joined = emptyBoxes(coarse);
  for (let k = 0, n = 0; k < blocks[2]; k++)
    for (let j = 0; j < blocks[1]; j++)
      for (let i = 0; i < blocks[0]; i++, n++) {
        const at = 6 * indexOf(coarse, [i >> 1, j >> 1, k >> 1]);
        extend(joined, at, boxes.subarray(6 * n, 6 * n + 3), boxes.subarray(6 * n + 3, 6 * n + 6));
      }
  return { blocks: coarse, boxes: joined };
}

/** Calls for each of the parts of a block, `count` along each edge, that there are. */
function forEachPart(block: Vec3, count: number, all: Size, call: (i: number, j: number, k: number) => void): void {
  const [i0, j0, k0] = [block[0] * count, block[1] * count, block[2] * count];
  for (let k = k0; k < Math.min(k0 + count, all[2]); k++)
    for (let j = j0; j < Math.min(j0 + count, all[1]); j++)
      for (let i = i0; i < Math.min(i0 + count, all[0]); i++) call(i, j, k);
}

/** Boxes that hold nothing: the smallest above the largest. */
function emptyBoxes([x, y, z]: Size): Float64Array {
  const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
  return new Float64Array(6 * x * y * z).map((_, n) => (n % 6 < 3 ? most : least));
}

function extend(boxes: Float64Array, at: number, low: ArrayLike<number>, high: ArrayLike<number>): void {
  for (let a = 0; a < 3; a++) {
    boxes[at + a] = Math.min(boxes[at + a]!, low[a]!);
    boxes[at + a + 3] = Math.max(boxes[at + a + 3]!, high[a]!);
  }
}

function holds(boxes: Float64Array, at: number, point: Vec3, tolerance: number): boolean {
  for (let a = 0; a < 3; a++)
    if (point[a as 0 | 1 | 2] < boxes[at + a]! - tolerance || point[a as 0 | 1 | 2] > boxes[at + a + 3]! + tolerance)
      return false;
  return true;
}

function divided([x, y, z]: Size, by: number): Size {
  return [Math.ceil(x / by), Math.ceil(y / by), Math.ceil(z / by)];
}

function indexOf([nx, ny]: Size, [i, j, k]: Vec3): number {
  return i + nx * (j + ny * k);
}
