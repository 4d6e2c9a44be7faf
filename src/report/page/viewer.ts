import { given } from '../../given.ts';
import { labelsIn } from '../../metric/dice.ts';
import { mapTriple } from '../../triple.ts';
import { assertSameGrid } from '../../volume/checks.ts';
import type { Grid, Labels, Vec3, Volume } from '../../volume/grid.ts';
import { applyToPoint, closestAxes, type Direction, invert, spacingOf } from '../../volume/matrix.ts';
import { differenceMap, warmMap } from '../draw/colourMap.ts';
import { toBase64 } from '../draw/png.ts';
import { escapeText, short } from '../draw/svg.ts';
import { LABEL_COLOURS, OTHER_LABELS } from '../draw/theme.ts';
import { densestPosition } from '../slice/landmarkMarks.ts';
import { labelColour } from '../slice/outlineLegend.ts';
import { intensityWindow, type Window } from '../slice/panel.ts';
import { defaultPosition } from '../slice/slices.ts';
import { VIEWER_SCRIPT } from './scripts.generated.ts';
import type { Place, Triple, ViewerData } from './viewerData.ts';

/** What {@link viewer} shows; everything lies on the fixed image's grid, as in a registration figure. */
export interface ViewerInput {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly moved: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly movedLabels?: Labels;
  readonly labelNames?: Readonly<Record<number, string>>;
  /**
   * RAS mm, in the fixed image's space: the fixed image's, and the moving one's as the start and the registration bring
   * them there.
   */
  readonly landmarks?: Readonly<Record<'fixed' | 'moving' | 'moved', readonly Vec3[]>>;
  /** The fixed image is then shown in colour over the other, and not as a difference, which means nothing. */
  readonly isTwoModalities?: boolean;
}

/** Landmarks farther from a slice are not drawn on it; mm. */
const REACH = 4;
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
 * An interactive viewer as HTML: three linked planes of the fixed image and the moving one, before or after
 * registration. They are shown as blend, checkerboard, flicker or difference; two modalities as an overlay. Images are
 * embedded in 8 bits, script included.
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
  const data: ViewerData = {
    size: display.size,
    spacing: display.spacing,
    start: startPosition(input, display),
    colours,
    images: {
      fixed: packed(display, input.fixed, toByte(intensityWindow(input.fixed))),
      moving: packed(display, input.moving, toByte(movingWindow)),
      moved: packed(display, input.moved, toByte(movingWindow)),
    },
    labels: given({
      fixed: encodeLabels(input.fixedLabels),
      moving: encodeLabels(input.movingLabels),
      moved: encodeLabels(input.movedLabels),
    }),
    ...(input.landmarks && {
      landmarks: {
        fixed: displayPoints(display, input.fixed, input.landmarks.fixed),
        moving: displayPoints(display, input.fixed, input.landmarks.moving),
        moved: displayPoints(display, input.fixed, input.landmarks.moved),
      },
    }),
    reach: REACH,
    ...(input.isTwoModalities
      ? { mode: 'overlay', overlayColours: Array.from({ length: 256 }, (_, byte) => warmMap((2 * byte) / 255 - 1)) }
      : { mode: 'blend', differenceColours: Array.from({ length: 511 }, (_, n) => differenceMap((n - 255) / 255)) }),
  };
  const entry = (colour: string, name: string): string =>
    `<span><i style="background:${colour}"></i>${escapeText(name)}</span>`;
  const named = labels.slice(0, LABEL_COLOURS.length);
  const legend = [
    ...named.map((label, index) => entry(labelColour(index), input.labelNames?.[label] ?? `Label ${label}`)),
    ...(labels.length > named.length ? [entry(OTHER_LABELS, `${labels.length - named.length} more`)] : []),
  ];
  return `${controls(display, legend, input)}
<script type="application/json" id="viewer-data">${JSON.stringify(data)}</script>
<script>${VIEWER_SCRIPT}</script>`;
}

function displayGrid(grid: Grid): DisplayGrid {
  const reversed = ({ axis, step }: Direction): Direction => ({ axis, step: step === 1 ? -1 : 1 });
  const [x, y, z] = closestAxes(grid.affine);
  const directions = [reversed(x), reversed(y), reversed(z)] as const;
  const spacing = spacingOf(grid.affine);
  let stride = 1;
  const sizeAt = (step: number) => mapTriple(directions, ({ axis }) => Math.ceil(grid.size[axis] / step));
  while (sizeAt(stride).reduce((product, length) => product * length, 1) > MOST_VOXELS) stride++;
  return {
    size: sizeAt(stride),
    spacing: mapTriple(directions, ({ axis }) => spacing[axis] * stride),
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

/** Points in display voxels, `null` where one is nowhere. */
function displayPoints(display: DisplayGrid, grid: Grid, points: readonly Vec3[]): Place[] {
  const toVoxels = invert(grid.affine);
  return points.map((point) => {
    const voxel = applyToPoint(toVoxels, point);
    const at = mapTriple(display.directions, ({ axis, step }) => {
      const along = step === 1 ? voxel[axis] : grid.size[axis] - 1 - voxel[axis];
      return Number((along / display.stride).toFixed(2));
    });
    return at.every(Number.isFinite) ? at : null;
  });
}

function toByte([low, high]: Window): (value: number) => number {
  const factor = 255 / (high - low);
  return (value) => Math.round(Math.min(255, Math.max(0, (value - low) * factor)));
}

/** The display indices that a figure would cut through. */
function startPosition(input: ViewerInput, display: DisplayGrid): Triple {
  const { fixed, fixedLabels, landmarks } = input;
  const position = landmarks ? densestPosition(fixed, landmarks.fixed, REACH) : defaultPosition(fixed, fixedLabels);
  return mapTriple(display.directions, ({ axis, step }, index) => {
    const along = step === 1 ? position[axis] : input.fixed.size[axis] - 1 - position[axis];
    return Math.min(display.size[index] - 1, Math.round(along / display.stride));
  });
}

function controls(
  display: DisplayGrid,
  legend: readonly string[],
  { isTwoModalities = false, landmarks }: ViewerInput,
): string {
  const names = isTwoModalities
    ? ['Overlay', 'Blend', 'Checkerboard', 'Flicker']
    : ['Blend', 'Checkerboard', 'Flicker', 'Difference'];
  const modes = names.map((name, index) => {
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
<div class="slice"><span>${name}</span><output></output>
<input type="range" min="0" step="1" aria-label="${name} slice" /></div>
</div>`,
  );
  // Columns as wide as the planes are in millimetres, so that all three have one scale.
  const [width, depth] = [0, 1].map((axis) => short(display.size[axis]! * display.spacing[axis]!));
  const outlines = `<p class="legend"><label><input type="checkbox" id="viewer-outlines" checked="" /> Outlines</label>
${legend.join('\n')}
<span>solid: fixed, dashed: moving or moved</span></p>`;
  const marks = `<p class="legend"><label><input type="checkbox" id="viewer-landmarks" checked="" /> Landmarks</label>
<span>up to ${REACH} mm from the slice; ring: fixed, cross: moving or moved</span></p>`;
  return `<div class="viewer" id="viewer">
<div class="controls">
<fieldset><legend>Fixed against</legend>
<label><input type="radio" name="viewer-against" value="moving" /> Moving (before)</label>
<label><input type="radio" name="viewer-against" value="moved" checked="" /> Moved (after)</label></fieldset>
<fieldset><legend>Compare by</legend>${modes.join('\n')}</fieldset>
<label class="mix">Fixed <input type="range" id="viewer-mix" min="0" max="100" value="50" aria-label="Share of the other image" /> Other</label>
</div>
<div class="planes" style="--columns:${width}fr ${width}fr ${depth}fr">${planes.join('\n')}</div>
${legend.length > 0 ? outlines : ''}${landmarks === undefined ? '' : marks}
<p class="legend">Click or drag in a picture to move the other two; the wheel over a picture goes through its slices.</p>
</div>`;
}
