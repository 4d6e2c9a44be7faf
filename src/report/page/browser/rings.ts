export type Point = readonly [x: number, y: number];

/**
 * The border of the region where `is` holds, as closed rings of voxel corners. Unit edges with the region on their
 * right are chained. Rings that touch in a corner stay separate.
 */
export function ringsOf(is: (column: number, row: number) => boolean, columns: number, rows: number): Point[][] {
  const width = columns + 1;
  const next = new Map<number, Point[]>();
  const add = (x1: number, y1: number, x2: number, y2: number): void => {
    const from = x1 + width * y1;
    next.set(from, [...(next.get(from) ?? []), [x2, y2]]);
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!is(column, row)) continue;
      if (!is(column, row - 1)) add(column, row, column + 1, row);
      if (!is(column + 1, row)) add(column + 1, row, column + 1, row + 1);
      if (!is(column, row + 1)) add(column + 1, row + 1, column, row + 1);
      if (!is(column - 1, row)) add(column, row + 1, column, row);
    }
  }
  const rings: Point[][] = [];
  for (const start of next.keys()) {
    while (next.get(start)?.length) {
      const ring: Point[] = [];
      let [x, y] = [start % width, Math.floor(start / width)];
      let heading: Point = [0, 0];
      do {
        const ends = next.get(x + width * y) as Point[];
        // Of two ways on, the one that turns right stays with this ring's voxel.
        const turn = ([u, v]: Point): number => heading[0] * (v - y) - heading[1] * (u - x);
        const way = ends.reduce((a, b) => (turn(b) > turn(a) ? b : a));
        ends.splice(ends.indexOf(way), 1);
        ring.push([x, y]);
        heading = [way[0] - x, way[1] - y];
        [x, y] = way;
      } while (x + width * y !== start);
      rings.push(ring);
    }
  }
  return rings;
}

/** The middles between each point of a ring and the next. */
export function middles(ring: readonly Point[]): Point[] {
  return ring.map(([x, y], index) => {
    const [u, v] = ring[(index + 1) % ring.length] as Point;
    return [(x + u) / 2, (y + v) / 2];
  });
}
