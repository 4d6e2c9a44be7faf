import type { Mat4, Vec3 } from '../../volume/grid.ts';
import { applyToVector } from '../../volume/matrix.ts';
import { arrowHead } from '../draw/arrow.ts';
import { element, group, line, text } from '../draw/svg.ts';
import { HAIRLINE, INK, MUTED, TEXT } from '../draw/theme.ts';

/** The unit vector in world space (right, anterior, superior) of a direction that counts in voxels along x, y and z. */
export function worldDirection(affine: Mat4, voxels: Vec3): Vec3 {
  const world = applyToVector(affine, voxels);
  const length = Math.hypot(...world) || 1;
  return [world[0] / length, world[1] / length, world[2] / length];
}

/** On white, so that an arrow behind a letter does not make it illegible. */
const LETTER = {
  'text-anchor': 'middle',
  'font-size': TEXT.small - 0.5,
  fill: MUTED,
  stroke: '#ffffff',
  'stroke-width': 2,
  'paint-order': 'stroke',
} as const;

/**
 * The body seen from the front, a little from the left and above: right to the left of the picture, anterior towards
 * the viewer.
 */
function seen([right, anterior, superior]: Vec3): readonly [number, number] {
  return [0.5 * anterior - 0.86 * right, 0.36 * anterior + 0.16 * right - 0.92 * superior];
}

/**
 * An arrow along a direction in world space, in a cross of the axes right, anterior and superior.
 * @param place centre of the picture and half its edge, in user units
 */
export function directionIcon(
  direction: Vec3,
  place: { readonly x: number; readonly y: number; readonly half: number },
): string {
  const reach = place.half - TEXT.small * 0.6;
  const at = (vector: Vec3, share = 1): readonly [number, number] => {
    const [x, y] = seen(vector);
    return [place.x + share * reach * x, place.y + share * reach * y];
  };
  const axes = (
    [
      [[1, 0, 0], 'R'],
      [[0, 1, 0], 'A'],
      [[0, 0, 1], 'S'],
    ] as const
  ).map(([axis, letter]) => {
    const [fromX, fromY] = at(axis, -0.8);
    const [toX, toY] = at(axis, 0.8);
    const [x, y] = at(axis, 1.12);
    return {
      axis: line(fromX, fromY, toX, toY, { stroke: HAIRLINE, 'stroke-width': 0.8 }),
      letter: text(x, y + TEXT.small * 0.36, letter, LETTER),
    };
  });
  return group(
    {},
    ...axes.map(({ axis }) => axis),
    arrow(at(direction, -0.95), at(direction, 0.95)),
    ...axes.map(({ letter }) => letter),
  );
}

function arrow([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  // A direction towards the viewer has no length in the picture.
  if (length < 5) return element('circle', { cx: x2, cy: y2, r: 2, fill: INK });
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  return (
    line(x1, y1, x2 - 5 * ux, y2 - 5 * uy, { stroke: INK, 'stroke-width': 1.5 }) + arrowHead([x2, y2], [ux, uy], INK)
  );
}
