/**
 * Points in space, arranged so that the nearest is found in about log n steps. It is a k-d tree (Bentley,
 * Communications of the ACM 18(9), 1975) in one array. Each part is divided at its median, along x, y and z in turn.
 */
export class NearestPoint {
  readonly #points: Float64Array;
  readonly #order: Int32Array;

  /** @param points x, y, z of each */
  constructor(points: Float64Array) {
    this.#points = points;
    this.#order = Int32Array.from({ length: points.length / 3 }, (_, n) => n);
    this.#arrange(0, this.#order.length, 0);
  }

  /** The squared distance of a point from the nearest one; infinity where there are none. */
  squaredDistance(x: number, y: number, z: number): number {
    const points = this.#points;
    const order = this.#order;
    let best = Number.POSITIVE_INFINITY;
    const visit = (from: number, to: number, axis: number): void => {
      if (from >= to) return;
      const middle = (from + to) >> 1;
      const at = 3 * order[middle]!;
      const [dx, dy, dz] = [x - points[at]!, y - points[at + 1]!, z - points[at + 2]!];
      best = Math.min(best, dx * dx + dy * dy + dz * dz);
      const across = axis === 0 ? dx : axis === 1 ? dy : dz;
      const next = (axis + 1) % 3;
      if (across < 0) visit(from, middle, next);
      else visit(middle + 1, to, next);
      if (across * across >= best) return;
      if (across < 0) visit(middle + 1, to, next);
      else visit(from, middle, next);
    };
    visit(0, order.length, 0);
    return best;
  }

  #arrange(from: number, to: number, axis: number): void {
    if (to - from < 2) return;
    const middle = (from + to) >> 1;
    this.#select(from, to - 1, middle, axis);
    this.#arrange(from, middle, (axis + 1) % 3);
    this.#arrange(middle + 1, to, (axis + 1) % 3);
  }

  /** Puts the entry at `rank` where sorting along an axis would, smaller ones before it (Hoare's quickselect). */
  #select(first: number, last: number, rank: number, axis: number): void {
    const order = this.#order;
    const value = (place: number): number => this.#points[3 * order[place]! + axis]!;
    let [low, high] = [first, last];
    while (low < high) {
      const pivot = value((low + high) >> 1);
      let [i, j] = [low, high];
      while (i <= j) {
        while (value(i) < pivot) i++;
        while (value(j) > pivot) j--;
        if (i <= j) {
          [order[i], order[j]] = [order[j]!, order[i]!];
          i++;
          j--;
        }
      }
      if (rank <= j) high = j;
      else if (rank >= i) low = i;
      else return;
    }
  }
}
