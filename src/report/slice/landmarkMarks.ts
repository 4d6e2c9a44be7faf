import { mapTriple } from '../../triple.ts';
import type { Grid, Vec3 } from '../../volume/grid.ts';
import { element, group, line } from '../draw/svg.ts';
import { OKABE_ITO } from '../draw/theme.ts';
import { defaultPosition, displayPoint, PLANES, type SliceView, sliceView } from './slices.ts';

/** Which landmarks of a pair a picture shows; both are joined by a line, the residual error within the slice. */
export type ShownLandmarks = 'fixed' | 'moved' | 'both';

/** A landmark on the fixed image, and the moving image's one as the registration brought it there. World, RAS mm. */
export interface LandmarkPair {
  readonly fixed: Vec3;
  readonly moved: Vec3;
}

/** Radius of the ring and half the cross, user units. */
const RING = 2.5;
const CROSS = 1.9;
const FAINTEST = 0.3;
const FIXED_COLOUR = OKABE_ITO.sky;
const MOVED_COLOUR = '#ffffff';

/**
 * The voxel indices of the axial, coronal and sagittal slice with most landmarks near them. A landmark counts 1 on the
 * slice, and less with distance, down to 0 at `reach` millimetres. Where there is none, the middle of the grid.
 */
export function densestPosition(grid: Grid, landmarks: readonly Vec3[], reach: number): Vec3 {
  const position: [number, number, number] = [...defaultPosition(grid)];
  for (const plane of PLANES) {
    const { axis } = sliceView(grid, plane, position);
    let most = 0;
    for (let index = 0; index < grid.size[axis]; index++) {
      const at = mapTriple(position, (own, each) => (each === axis ? index : own));
      const place = displayPoint(sliceView(grid, plane, at), grid.affine);
      const count = landmarks.reduce((sum, landmark) => sum + nearness(place(landmark).distance, reach), 0);
      // Sums that differ by rounding alone are the same: the first wins on every machine.
      if (count > most + 1e-9) [most, position[axis]] = [count, index];
    }
  }
  return position;
}

/** 1 on the slice, 0 at `reach` and beyond (and for no number). */
function nearness(distance: number, reach: number): number {
  const share = 1 - Math.abs(distance) / reach;
  return share > 0 ? share : 0;
}

/**
 * Rings for fixed landmarks, crosses for moved ones, in display millimetres. A pair is drawn if its fixed landmark lies
 * within `reach` millimetres of the slice, paler with distance. So all pictures of a slice show the same pairs.
 * @param scale user units in a display millimetre
 */
export function landmarkMarks(
  view: SliceView,
  grid: Grid,
  pairs: readonly LandmarkPair[],
  { scale, reach, show }: { readonly scale: number; readonly reach: number; readonly show: ShownLandmarks },
): string {
  const place = displayPoint(view, grid.affine);
  return pairs
    .map(({ fixed, moved }) => {
      const { at, distance } = place(fixed);
      const near = nearness(distance, reach);
      const to = place(moved).at;
      if (near === 0 || !to.every(Number.isFinite)) return '';
      return group(
        { opacity: FAINTEST + (1 - FAINTEST) * near },
        show === 'both' ? residual(at, to, scale) : '',
        show === 'moved' ? '' : ring(at, scale),
        show === 'fixed' ? '' : cross(to, scale),
      );
    })
    .join('');
}

type Point = readonly [number, number];

/** A mark in its colour over a wider dark one, so that it shows on any picture. `scale` as in {@link landmarkMarks}. */
function outlined(
  mark: (stroke: string, width: number) => string,
  colour: string,
  width: number,
  scale: number,
): string {
  return mark('#000000', (width + 1) / scale) + mark(colour, width / scale);
}

/** The sign of a fixed landmark. */
export function ring([cx, cy]: Point, scale = 1): string {
  return outlined(
    (stroke, width) => element('circle', { cx, cy, r: RING / scale, fill: 'none', stroke, 'stroke-width': width }),
    FIXED_COLOUR,
    1.1,
    scale,
  );
}

/** The sign of a moved landmark. */
export function cross([x, y]: Point, scale = 1): string {
  const arm = CROSS / scale;
  const [left, right, top, bottom] = [x - arm, x + arm, y - arm, y + arm].map((value) => value.toFixed(2));
  const d = `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}`;
  return outlined((stroke, width) => element('path', { d, stroke, 'stroke-width': width }), MOVED_COLOUR, 1, scale);
}

/** The line between the two. */
export function residual(from: Point, to: Point, scale = 1): string {
  return outlined((stroke, width) => line(...from, ...to, { stroke, 'stroke-width': width }), MOVED_COLOUR, 0.7, scale);
}
