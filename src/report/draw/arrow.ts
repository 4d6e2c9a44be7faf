import { element, polyline } from './svg.ts';

type Point = readonly [x: number, y: number];

/** Length of an arrow's head, and half its width. */
export type Head = readonly [length: number, half: number];

/** The usual head. */
export const HEAD: Head = [5, 2.4];

/** A triangle whose tip points along a unit vector. */
export function arrowHead([x, y]: Point, [ux, uy]: Point, colour: string, [length, half] = HEAD): string {
  const [baseX, baseY] = [x - length * ux, y - length * uy];
  const head = polyline(
    [
      [x, y],
      [baseX - half * uy, baseY + half * ux],
      [baseX + half * uy, baseY - half * ux],
    ],
    true,
  );
  return element('path', { d: head, fill: colour });
}
