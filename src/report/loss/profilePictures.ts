import { contours } from 'd3-contour';
import { percentile } from '../../metric/statistics.ts';
import type { Vec3, Volume } from '../../volume/grid.ts';
import { differenceMap, sequentialMap } from '../draw/colourMap.ts';
import { pngDataUri } from '../draw/png.ts';
import { element, group, polyline, rectangle, short, text } from '../draw/svg.ts';
import { INK, TEXT } from '../draw/theme.ts';
import {
  colourBar,
  divergingImage,
  divergingLabels,
  type Frame,
  framed,
  greyImage,
  intensityWindow,
  niceLimit,
  orientationMarks,
  scaleBar,
  type Window,
  windowed,
} from '../slice/panel.ts';
import { defaultPosition, extractSlice, PLANES, type SliceView, sliceView } from '../slice/slices.ts';
import { PAIR_COLOURS } from './projectionPlots.ts';

/** Distances of patches over a volume, and the patch that is looked at. */
export interface DistanceMap {
  /** One value a voxel, laid out as in a volume; NaN where no patch lies. */
  readonly values: Float32Array;
  readonly unit: string;
  /** First voxel along x, y and z, and edge in voxels. */
  readonly patch: { readonly first: Vec3; readonly edge: number };
}

/** What {@link profilePictures} shows: two volumes of one grid, and what differs between them. */
interface ProfilePictures {
  readonly fixed: Volume;
  readonly moved: Volume;
  /** Left out, the difference of the intensities takes its place. */
  readonly map?: DistanceMap;
}

const GUTTER = 16;
const GAP = 4;
const MOST_ROW_HEIGHT = 118;

/** How the third row is drawn, and its colour bar. */
interface Comparison {
  readonly name: string;
  picture(view: SliceView): string;
  bar(frame: Frame): string;
}

/**
 * Three planes of two volumes A and B in a common window. Below them are the patch distances, or B − A. All have one
 * scale, and the patch is outlined. The planes pass through its middle.
 */
export function profilePictures(
  { fixed, moved, map }: ProfilePictures,
  place: { readonly x: number; readonly y: number; readonly width: number },
): { svg: string; bottom: number } {
  const views = PLANES.map((plane) => sliceView(fixed, plane, map ? middleOf(map.patch) : defaultPosition(fixed)));
  const room = place.width - GUTTER - GAP * (views.length - 1);
  const widths = views.reduce((sum, view) => sum + view.width, 0);
  const tallest = Math.max(...views.map((view) => view.height));
  const scale = Math.min(room / widths, MOST_ROW_HEIGHT / tallest);
  const spare = (room - widths * scale) / views.length;
  const window = commonWindow(fixed, moved);
  const fractions = ({ size, data }: Volume, view: SliceView) => windowed(extractSlice(view, size, data), window);
  const comparison = map
    ? distances(map, fixed, (view) => fractions(fixed, view))
    : differences(views, (view) => {
        const a = extractSlice(view, fixed.size, fixed.data);
        return extractSlice(view, moved.size, moved.data).map((value, n) => value - a[n]!);
      });
  const rows = [
    { name: 'A', colour: PAIR_COLOURS.fixed, picture: (v: SliceView) => greyImage(v, fractions(fixed, v), 'smooth') },
    { name: 'B', colour: PAIR_COLOURS.moved, picture: (v: SliceView) => greyImage(v, fractions(moved, v), 'smooth') },
    { name: comparison.name, colour: INK, picture: comparison.picture },
  ];
  const measured = views.find((view) => !map || isCornerFree(view, map.patch)) ?? views[0];
  const parts: string[] = [];
  let y = place.y + TEXT.body;
  let x = place.x + GUTTER + spare / 2;
  const columns = views.map((view) => {
    const left = x;
    x += view.width * scale + spare + GAP;
    return left;
  });
  for (const [k, view] of views.entries())
    parts.push(
      text(columns[k]! + (view.width * scale) / 2, y, view.plane, {
        'text-anchor': 'middle',
        'font-size': TEXT.body,
      }),
    );
  y += 5;
  for (const [index, row] of rows.entries()) {
    parts.push(rowName(row.name, row.colour, place.x + TEXT.heading, y + (tallest * scale) / 2));
    for (const [k, view] of views.entries()) {
      const height = view.height * scale;
      const frame = { x: columns[k]!, y: y + (tallest * scale - height) / 2, width: view.width * scale, height };
      const outline = map ? patchOutline(view, map.patch, scale) : '';
      parts.push(framed(view, frame, row.picture(view) + outline, index === 2));
      if (index === 0) parts.push(orientationMarks(view, frame), view === measured ? scaleBar(view, frame) : '');
    }
    y += tallest * scale + GAP;
  }
  const bar = { x: place.x + GUTTER + room * 0.2, y: y + TEXT.small + 5, width: room * 0.6, height: 7 };
  return { svg: group({}, ...parts, comparison.bar(bar)), bottom: bar.y + bar.height + 3 + TEXT.small };
}

function middleOf({ first, edge }: DistanceMap['patch']): Vec3 {
  const half = (edge - 1) / 2;
  return [first[0] + half, first[1] + half, first[2] + half];
}

/** One window for both: what is alike to the loss looks alike. */
function commonWindow(a: Volume, b: Volume): Window {
  const [lowA, highA] = intensityWindow(a);
  const [lowB, highB] = intensityWindow(b);
  return [Math.min(lowA, lowB), Math.max(highA, highB)];
}

/** A letter stands upright, a word runs along the row. */
function rowName(name: string, fill: string, x: number, y: number): string {
  const style = { 'text-anchor': 'middle', 'font-weight': 'bold', fill } as const;
  if (name.length === 1) return text(x - 2, y + TEXT.title * 0.36, name, { ...style, 'font-size': TEXT.title });
  return group(
    { transform: `translate(${short(x)} ${short(y)}) rotate(-90)` },
    text(0, 0, name, { ...style, 'font-size': TEXT.heading }),
  );
}

/** The distances in colour, under contours of the anatomy; grey where no patch lies. */
function distances(map: DistanceMap, { size }: Volume, anatomy: (view: SliceView) => Float32Array): Comparison {
  const limit = niceLimit(map.values.reduce((most, value) => (value > most ? value : most), 0));
  return {
    name: 'Distance',
    picture(view) {
      const values = extractSlice(view, size, map.values);
      const shades = anatomy(view);
      const data = new Uint8Array(values.length * 3);
      values.forEach((value, n) => {
        const shade = Math.round(shades[n]! * 255);
        data.set(Number.isNaN(value) ? [shade, shade, shade] : sequentialMap((2 * value) / limit - 1), n * 3);
      });
      const picture = element('image', {
        width: view.width,
        height: view.height,
        preserveAspectRatio: 'none',
        href: pngDataUri({ width: view.columns, height: view.rows, channels: 3, data }),
      });
      return picture + intensityContours(view, shades);
    },
    bar: (frame) =>
      colourBar(frame, sequentialMap, labelsFromZero(limit), `mean of the patches at a voxel (${map.unit})`),
  };
}

function differences(views: readonly SliceView[], differenceOn: (view: SliceView) => Float32Array): Comparison {
  const sizes = views.flatMap((view) => [...differenceOn(view)].map(Math.abs));
  const limit = niceLimit(percentile(sizes, 99));
  return {
    name: 'B − A',
    picture: (view) => divergingImage(view, differenceOn(view), differenceMap, limit, 'smooth'),
    bar: (frame) => colourBar(frame, differenceMap, divergingLabels(limit), 'difference of the intensities'),
  };
}

/** Thin lines of equal intensity, half way between black and white. */
function intensityContours(view: SliceView, shades: Float32Array): string {
  const lines = contours().size([view.columns, view.rows]).smooth(true);
  const paths = lines
    .contour([...shades], 0.5)
    .coordinates.flat()
    .map((ring) => polyline(ring.map(([x, y]) => [x! * view.pixelWidth, y! * view.pixelHeight])));
  return element('path', {
    d: paths.join(''),
    fill: 'none',
    stroke: '#ffffff',
    'stroke-opacity': 0.7,
    'stroke-width': view.width / 160,
    'stroke-linejoin': 'round',
  });
}

/** Where a view shows the patch, in display millimetres. */
function patchFrame(view: SliceView, { first, edge }: DistanceMap['patch']): Frame {
  const along = (axis: 0 | 1 | 2, step: number, count: number): number =>
    step === 1 ? first[axis] : count - first[axis] - edge;
  return {
    x: along(view.right.axis, view.right.step, view.columns) * view.pixelWidth,
    y: along(view.down.axis, view.down.step, view.rows) * view.pixelHeight,
    width: edge * view.pixelWidth,
    height: edge * view.pixelHeight,
  };
}

/** Whether the lower left of a view, where a scale bar goes, is clear of the patch. */
function isCornerFree(view: SliceView, patch: DistanceMap['patch']): boolean {
  const { x, y, height } = patchFrame(view, patch);
  return x > 0.4 * view.width || y + height < 0.8 * view.height;
}

/** A frame inside the border of the patch; the view is drawn with `scale` user units to a millimetre. */
function patchOutline(view: SliceView, patch: DistanceMap['patch'], scale: number): string {
  const { x, y, width, height } = patchFrame(view, patch);
  const inset = 1.3 / scale;
  const frame = (stroke: string, thickness: number): string =>
    rectangle(x + inset, y + inset, width - 2 * inset, height - 2 * inset, {
      fill: 'none',
      stroke,
      'stroke-width': thickness / scale,
    });
  return frame('#000000', 2.6) + frame('#ffffff', 1.3);
}

/** Labels of a colour bar from 0 to limit. */
function labelsFromZero(limit: number): [string, string, string] {
  const written = (value: number): string => String(Number(value.toPrecision(3)));
  return ['0', written(limit / 2), written(limit)];
}
