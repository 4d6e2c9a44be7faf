/**
 * Draws pairs of random shapes, as docs/simulation.md shows them: the middle plane of fixed and moving image and of
 * their labels, a row a pair.
 * Usage: tsx tools/shapes-picture.ts <picture.png> [first index] [rows]
 */
import { encode } from 'fast-png';
import { writeAtomically } from '../src/file/atomic.ts';
import { makeShapes } from '../src/synthesis/shapes/shapes.ts';
import { shapes } from '../src/synthesis/shapes/shapesDataset.ts';

const [out, first = '0', rows = '4'] = process.argv.slice(2);
if (out === undefined) throw new Error('Usage: tsx tools/shapes-picture.ts <picture.png> [first index] [rows]');
const EDGE = 64;
/** How many points of the picture a voxel takes along each axis. */
const ZOOM = 2;
const GAP = 4;
const step = EDGE * ZOOM + GAP;
const width = 4 * step - GAP;
const height = Number(rows) * step - GAP;
const data = new Uint8Array(3 * width * height).fill(255);

type Colour = readonly [number, number, number];
const grey = (value: number): Colour => [value, value, value];

/** A colour a label, by the golden angle around the circle of hues. */
function hue(label: number): Colour {
  if (label === 0) return [0, 0, 0];
  const at = (shift: number): number => 150 + 90 * Math.cos(2.39996 * label + shift);
  return [at(0), at(2.1), at(4.2)];
}

function paint(row: number, column: number, colourOf: (voxel: number) => Colour): void {
  for (let y = 0; y < EDGE * ZOOM; y++)
    for (let x = 0; x < EDGE * ZOOM; x++) {
      const voxel = Math.floor(x / ZOOM) + EDGE * (EDGE - 1 - Math.floor(y / ZOOM) + (EDGE * EDGE) / 2);
      data.set(colourOf(voxel), 3 * (column * step + x + width * (row * step + y)));
    }
}

const settings = shapes.schema.parse({ size: [EDGE, EDGE, EDGE] });
for (let row = 0; row < Number(rows); row++) {
  const made = makeShapes({ ...settings, index: Number(first) + row });
  [made, made.moving].forEach(({ image, labels }, column) => {
    const brightest = image.data.toSorted().at(Math.floor(0.995 * image.data.length)) || 1;
    paint(row, column, (voxel) => grey(255 * Math.min(1, image.data[voxel]! / brightest)));
    paint(row, column + 2, (voxel) => hue(labels.data[voxel]!));
  });
}
await writeAtomically(out, encode({ width, height, channels: 3, data }));
