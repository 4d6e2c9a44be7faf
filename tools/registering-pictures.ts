/**
 * Draws what `register` does to synthetic pairs of each kind, as docs/registering.md shows them: a row a kind, with the
 * fixed scan, the moving scan at its start, and both in squares before and after.
 * Usage: tsx tools/registering-pictures.ts <picture.png>
 */
import { encode } from 'fast-png';
import { writeAtomically } from '../src/file/atomic.ts';
import { PlannedRegistrar } from '../src/registration/planned.ts';
import { checkerboard, defaultPosition, extractSlice, sliceView } from '../src/report/slice/slices.ts';
import { makePhantomCase } from '../src/synthesis/phantom/phantom.ts';
import { makeBrainPhantom } from '../src/synthesis/ultrasound/brainPhantom.ts';
import { simulateCase } from '../src/synthesis/ultrasound/simulatedCase.ts';
import type { Labels, Volume } from '../src/volume/grid.ts';
import { multiply, translation } from '../src/volume/matrix.ts';
import { percentiles } from '../src/volume/percentile.ts';
import { applyLinear } from '../src/volume/warp.ts';

const [out] = process.argv.slice(2);
if (out === undefined) throw new Error('Usage: tsx tools/registering-pictures.ts <picture.png>');

/** Points of the picture along a panel's edge, and between panels. */
const EDGE = 176;
const GAP = 4;

const SEED = 1;
const brain = (index: number) => makeBrainPhantom(SEED, index, [76, 76, 70], 1.5);
const crop = (index: number) => makePhantomCase({ seed: SEED, index, size: [48, 56, 48] });

function shifted(scan: Volume, mm: readonly [number, number, number]): Volume {
  return { ...scan, affine: multiply(translation(mm), scan.affine) };
}

/** A scan of the labels themselves: all of one brightness, in nothing. */
function outline({ size, affine, data }: Labels): Volume {
  return { size, affine, data: Float32Array.from(data, (label) => (label > 0 ? 100 : 0)) };
}

const patient = brain(0);
const { ultrasound } = simulateCase(patient, { seed: SEED, index: 0, shift: 5 });
const [template, ...subjects] = [0, 1, 2, 3, 4].map((index) => crop(index).image) as [Volume, ...Volume[]];

interface Row {
  readonly fixed: Volume;
  readonly moving: readonly Volume[];
}

/** In the order of the table in docs/registering.md, as far as there are synthetic scans of the kind. */
const rows: readonly Row[] = [
  { fixed: patient.t1, moving: [brain(1).t1] },
  { fixed: patient.t1, moving: [shifted(patient.t1, [5, -4, 3])] },
  { fixed: patient.t1, moving: [shifted(patient.flair!, [5, -4, 3])] },
  { fixed: ultrasound, moving: [patient.t1] },
  { fixed: template, moving: [subjects[0]!] },
  { fixed: template, moving: subjects },
  { fixed: outline(crop(0).labels), moving: [outline(crop(1).labels)] },
];

const width = 4 * (EDGE + GAP) - GAP;
const height = rows.length * (EDGE + GAP) - GAP;
const data = new Uint8Array(width * height).fill(255);

function mean(scans: readonly Volume[]): Volume {
  const sum = { ...scans[0]!, data: new Float32Array(scans[0]!.data.length) };
  for (const scan of scans) {
    const [, high] = percentiles(scan.data, [1, 99]) as [number, number];
    for (let n = 0; n < sum.data.length; n++) sum.data[n]! += scan.data[n]! / high / scans.length;
  }
  return sum;
}

/** Values of a slice between the 1st and 99th percentile of its volume, 0 to 1. */
function seen(scan: Volume, slice: Float32Array): Float32Array {
  const [low, high] = percentiles(scan.data, [1, 99]) as [number, number];
  return slice.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low || 1))));
}

for (const [row, { fixed, moving }] of rows.entries()) {
  const registrar = new PlannedRegistrar();
  const starts: Volume[] = [];
  const ends: Volume[] = [];
  for (const scan of moving) {
    const { start, moved } = await registrar.register({ fixed, moving: scan });
    starts.push(applyLinear({ size: fixed.size, affine: fixed.affine, matrix: start }, scan));
    ends.push(moved);
  }
  const [before, after] = [mean(starts), mean(ends)];
  const view = sliceView(fixed, 'axial', defaultPosition(fixed));
  const slice = (scan: Volume): Float32Array => seen(scan, extractSlice(view, scan.size, scan.data));
  const [a, b, c] = [slice(fixed), slice(before), slice(after)];
  const panels = [a, b, checkerboard(view, a, b), checkerboard(view, a, c)];
  for (const [column, panel] of panels.entries()) paint(panel, view, row, column);
  console.log(`Row ${row + 1} of ${rows.length} is drawn.`);
}
await writeAtomically(out, encode({ width, height, channels: 1, data }));

/** Paints a slice into the middle of its panel, each voxel as the point nearest to it. */
function paint(panel: Float32Array, view: ReturnType<typeof sliceView>, row: number, column: number): void {
  const { width: wide, height: high } = view;
  const scale = EDGE / Math.max(wide, high);
  const left = column * (EDGE + GAP);
  const top = row * (EDGE + GAP);
  for (let y = 0; y < EDGE; y++)
    for (let x = 0; x < EDGE; x++) {
      const i = Math.floor(((x - EDGE / 2) / scale + wide / 2) / view.pixelWidth);
      const j = Math.floor(((y - EDGE / 2) / scale + high / 2) / view.pixelHeight);
      const isIn = i >= 0 && j >= 0 && i < view.columns && j < view.rows;
      data[left + x + width * (top + y)] = isIn ? 255 * panel[i + view.columns * j]! : 0;
    }
}
