/**
 * Draws how a scan is moved onto another: two phantoms, registered by the plan, in the middle sagittal slice. Left the
 * fixed scan, in the middle the moving one as far as it is, right both in two colours that make grey where they agree.
 * Usage: npm run animation      writes docs/images/alignment.png
 */
import { writeAtomically } from '../../src/file/atomic.ts';
import { packageFile } from '../../src/file/packageFile.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import type { Volume, Warp } from '../../src/volume/grid.ts';
import { percentiles } from '../../src/volume/percentile.ts';
import { applyWarp } from '../../src/volume/warp.ts';
import { encodeApng, type Frame } from './apng.ts';

const SIZE = [56, 64, 48] as const;
/** Pictures from one stage to the next. */
const BETWEEN = 5;
const DURATION = 90;
const LAST = 1600;
/** Pixels of a voxel, and between the three pictures. */
const SCALE = 2;
const GAP = 6;
/** Shades of each colour: few, so that the file is small. */
const SHADES = 20;

const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 7, index, size: SIZE }).image) as [
  Volume,
  Volume,
];
const stages: Warp[] = [];
const { warp } = await new PlannedRegistrar({ onWarp: (_, at) => stages.push(at) }).register({ fixed, moving });
stages.push(warp);

const frames = stages.flatMap((to, n): Frame[] => {
  const from = stages[n - 1];
  if (!from) return [picture(to, 700)];
  return Array.from({ length: BETWEEN }, (_, step) => {
    const isLast = n === stages.length - 1 && step === BETWEEN - 1;
    return picture(between(from, to, (step + 1) / BETWEEN), isLast ? LAST : DURATION);
  });
});
const bytes = encodeApng(frames);
const path = packageFile('docs', 'images', 'alignment.png');
await writeAtomically(path, bytes);
console.log(`Wrote ${path}: ${frames.length} pictures, ${Math.round(bytes.length / 1000)} kB.`);

function between(a: Warp, b: Warp, share: number): Warp {
  return { ...a, data: a.data.map((value, n) => value + share * (b.data[n]! - value)) };
}

function picture(at: Warp, duration: number): Frame {
  const [left, right] = [shades(fixed), shades(applyWarp(at, moving))];
  const [columns, rows] = [SIZE[1] * SCALE, SIZE[2] * SCALE];
  const width = 3 * columns + 2 * GAP;
  const data = new Uint8Array(3 * width * rows).fill(255);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [a, b] = [left, right].map((value) => value(column / SCALE, row / SCALE)) as [number, number];
      const colours = [
        [a, a, a],
        [b, b, b],
        [b, a, b],
      ];
      for (const [n, colour] of colours.entries()) data.set(colour, 3 * (row * width + n * (columns + GAP) + column));
    }
  return { width, height: rows, data, duration };
}

/** The shade of a place in the middle sagittal slice, anterior to the left, superior on top: 0 to 255, in few steps. */
function shades({ data }: Volume): (column: number, row: number) => number {
  const [nx, ny, nz] = SIZE;
  const [low, high] = percentiles(data, [1, 99.5]) as [number, number];
  const value = (y: number, z: number): number => data[(nx >> 1) + nx * (y + ny * z)]!;
  return (column, row) => {
    const [y, z] = [Math.max(0, ny - 1 - column), Math.max(0, nz - 1 - row)];
    const [j, k] = [Math.floor(y), Math.floor(z)];
    const [u, v] = [y - j, z - k];
    const [j1, k1] = [Math.min(j + 1, ny - 1), Math.min(k + 1, nz - 1)];
    const mixed =
      (1 - v) * ((1 - u) * value(j, k) + u * value(j1, k)) + v * ((1 - u) * value(j, k1) + u * value(j1, k1));
    const share = Math.min(1, Math.max(0, (mixed - low) / (high - low)));
    return Math.round((Math.round(share * (SHADES - 1)) / (SHADES - 1)) * 255);
  };
}
