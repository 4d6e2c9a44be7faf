import { labelsIn } from '../metric/dice.ts';
import { assertSameGrid } from '../volume/checks.ts';
import type { Grid, Labels, Volume } from '../volume/grid.ts';
import { closestAxes, type Direction, spacingOf } from '../volume/matrix.ts';
import { labelColour } from './outlineLegend.ts';
import { intensityWindow, type Window } from './panel.ts';
import { toBase64 } from './png.ts';
import { defaultPosition } from './slices.ts';
import { escapeText, short } from './svg.ts';
import { LABEL_COLOURS, OTHER_LABELS } from './theme.ts';
import { VIEWER_SCRIPT } from './viewerScript.ts';

/** What {@link viewer} shows; everything lies on the fixed image's grid, as in a registration figure. */
export interface ViewerInput {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly moved: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly movedLabels?: Labels;
  readonly labelNames?: Readonly<Record<number, string>>;
}

/** Above so many voxels an image is thinned out, to keep the page below about 15 MB. */
const MOST_VOXELS = 1_500_000;

/** The display order of a grid: columns run to the patient's left, rows to posterior, slices to inferior. */
interface DisplayGrid {
  readonly size: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  readonly directions: readonly [Direction, Direction, Direction];
  /** One voxel in so many is kept along each axis. */
  readonly stride: number;
}

/**
 * An interactive viewer as HTML: three linked planes, with the fixed image against the moving one before or after
 * registration as blend, checkerboard, flicker or difference. Images are embedded in 8 bits, script included.
 */
export function viewer(input: ViewerInput): string {
  const others: Readonly<Record<string, Grid | undefined>> = {
    'the moving image': input.moving,
    'the moved image': input.moved,
    'the fixed labels': input.fixedLabels,
    'the moving labels': input.movingLabels,
    'the moved labels': input.movedLabels,
  };
  for (const [name, grid] of Object.entries(others)) {
    if (grid !== undefined) assertSameGrid(input.fixed, grid, 'The fixed image', name);
  }
  const display = displayGrid(input.fixed);
  const movingWindow = intensityWindow(input.moving);
  const labelData = [input.fixedLabels, input.movingLabels, input.movedLabels].map((labels) => labels?.data);
  const labels = labelsIn(...labelData.filter((data) => data !== undefined));
  const codes = new Map(labels.map((label, index) => [label, 1 + (index % 254)]));
  const encodeLabels = (volume: Labels | undefined): string | undefined =>
    volume === undefined ? undefined : packed(display, volume, (label) => codes.get(label) ?? 0);
  const colours = labels.slice(0, 254).map((_, index) => labelColour(index));
  const data = {
    size: display.size,
    spacing: display.spacing,
    start: startPosition(input, display),
    colours,
    images: {
      fixed: packed(display, input.fixed, toByte(intensityWindow(input.fixed))),
      moving: packed(display, input.moving, toByte(movingWindow)),
      moved: packed(display, input.moved, toByte(movingWindow)),
    },
    labels: {
      fixed: encodeLabels(input.fixedLabels),
      moving: encodeLabels(input.movingLabels),
      moved: encodeLabels(input.movedLabels),
    },
  };
  const entry = (colour: string, name: string): string =>
    `<span><i style="background:${colour}"></i>${escapeText(name)}</span>`;
  const named = labels.slice(0, LABEL_COLOURS.length);
  const legend = [
    ...named.map((label, index) => entry(labelColour(index), input.labelNames?.[label] ?? `Label ${label}`)),
    ...(labels.length > named.length ? [entry(OTHER_LABELS, `${labels.length - named.length} more`)] : []),
  ];
  return `${controls(display, legend)}
<script type="application/json" id="viewer-data">${JSON.stringify(data)}</script>
<script>${VIEWER_SCRIPT}</script>`;
}

function displayGrid(grid: Grid): DisplayGrid {
  const reversed = ({ axis, step }: Direction): Direction => ({ axis, step: step === 1 ? -1 : 1 });
  const [x, y, z] = closestAxes(grid.affine);
  const directions = [reversed(x), reversed(y), reversed(z)] as const;
  const spacing = spacingOf(grid.affine);
  let stride = 1;
  const sizeAt = (step: number) => directions.map(({ axis }) => Math.ceil(grid.size[axis] / step));
  while (sizeAt(stride).reduce((product, length) => product * length, 1) > MOST_VOXELS) stride++;
  return {
    size: sizeAt(stride) as unknown as DisplayGrid['size'],
    spacing: directions.map(({ axis }) => spacing[axis] * stride) as unknown as DisplayGrid['spacing'],
    directions,
    stride,
  };
}

/** The voxel's index along a display axis, from the display index. */
function voxelIndex(display: DisplayGrid, grid: Grid, axis: 0 | 1 | 2, index: number): number {
  const direction = display.directions[axis];
  const along = Math.min(index * display.stride, grid.size[direction.axis] - 1);
  return direction.step === 1 ? along : grid.size[direction.axis] - 1 - along;
}

/** A volume in display order, one byte a voxel, in base64. */
function packed(display: DisplayGrid, volume: Volume | Labels, byte: (value: number) => number): string {
  const [nx, ny, nz] = display.size;
  const strides = [1, volume.size[0], volume.size[0] * volume.size[1]];
  const offsets = ([0, 1, 2] as const).map((axis) =>
    Array.from(
      { length: display.size[axis] },
      (_, index) => voxelIndex(display, volume, axis, index) * strides[display.directions[axis].axis]!,
    ),
  );
  const out = new Uint8Array(nx * ny * nz);
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row = offsets[2]![z]! + offsets[1]![y]!;
      for (let x = 0; x < nx; x++, at++) out[at] = byte(volume.data[row + offsets[0]![x]!]!);
    }
  }
  return toBase64(out);
}

function toByte([low, high]: Window): (value: number) => number {
  const factor = 255 / (high - low);
  return (value) => Math.round(Math.min(255, Math.max(0, (value - low) * factor)));
}

/** The display indices that a figure would cut through. */
function startPosition(input: ViewerInput, display: DisplayGrid): number[] {
  const position = defaultPosition(input.fixed, input.fixedLabels);
  return display.directions.map(({ axis, step }, index) => {
    const along = step === 1 ? position[axis] : input.fixed.size[axis] - 1 - position[axis];
    return Math.min(display.size[index]! - 1, Math.round(along / display.stride));
  });
}

function controls(display: DisplayGrid, legend: readonly string[]): string {
  const modes = ['Blend', 'Checkerboard', 'Flicker', 'Difference'].map((name, index) => {
    const checked = index === 0 ? ' checked=""' : '';
    return `<label><input type="radio" name="viewer-mode" value="${name.toLowerCase()}"${checked} /> ${name}</label>`;
  });
  const planes = [
    ['axial', 'Axial', 'R', 'L', 'A', 'P'],
    ['coronal', 'Coronal', 'R', 'L', 'S', 'I'],
    ['sagittal', 'Sagittal', 'A', 'P', 'S', 'I'],
  ].map(
    ([plane, name, left, right, top, bottom]) => `<div class="plane" data-plane="${plane}">
<div class="picture"><canvas role="img" aria-label="${name} slice"></canvas>
<span class="left">${left}</span><span class="right">${right}</span>
<span class="top">${top}</span><span class="bottom">${bottom}</span></div>
<label>${name} <output></output><input type="range" min="0" step="1" /></label>
</div>`,
  );
  // Columns as wide as the planes are in millimetres, so that all three have one scale.
  const [width, depth] = [0, 1].map((axis) => short(display.size[axis]! * display.spacing[axis]!));
  const outlines = `<p class="legend"><label><input type="checkbox" id="viewer-outlines" checked="" /> Outlines</label>
${legend.join('\n')}
<span>solid: fixed, dashed: moving or moved</span></p>`;
  return `<div class="viewer" id="viewer">
<div class="controls">
<fieldset><legend>Fixed against</legend>
<label><input type="radio" name="viewer-against" value="moving" /> Moving (before)</label>
<label><input type="radio" name="viewer-against" value="moved" checked="" /> Moved (after)</label></fieldset>
<fieldset><legend>Compare by</legend>${modes.join('\n')}</fieldset>
<label class="mix">Fixed <input type="range" id="viewer-mix" min="0" max="100" value="50" aria-label="Blend" /> Other</label>
</div>
<div class="planes" style="--columns:${width}fr ${width}fr ${depth}fr">${planes.join('\n')}</div>
${legend.length > 0 ? outlines : ''}
</div>`;
}
