/** Masses at places on a line. */
export interface Measure {
  readonly at: ArrayLike<number>;
  readonly mass: ArrayLike<number>;
}

/**
 * Optimal cost Σ |x − y|ᵖ · π(x, y) between measures of equal mass on a line: the monotone plan, by the north-west
 * corner rule.
 */
export function exactTransport(a: Measure, b: Measure, order: number): number {
  const sorted = ({ at, mass }: Measure): { at: number; mass: number }[] =>
    Array.from(at, (place, i) => ({ at: place, mass: mass[i] as number })).sort((x, y) => x.at - y.at);
  const from = sorted(a);
  const to = sorted(b);
  let cost = 0;
  for (let i = 0, j = 0; i < from.length && j < to.length; ) {
    const x = from[i] as { at: number; mass: number };
    const y = to[j] as { at: number; mass: number };
    const moved = Math.min(x.mass, y.mass);
    cost += moved * Math.abs(x.at - y.at) ** order;
    x.mass -= moved;
    y.mass -= moved;
    if (x.mass <= y.mass) i++;
    else j++;
  }
  return cost;
}

/** The same for points of mass 1 / n, by trying every assignment. */
export function bestAssignment(x: readonly number[], y: readonly number[], order: number): number {
  const cheapest = (from: readonly number[], to: readonly number[]): number =>
    from.length === 0
      ? 0
      : Math.min(
          ...to.map(
            (place, k) => Math.abs((from[0] as number) - place) ** order + cheapest(from.slice(1), to.toSpliced(k, 1)),
          ),
        );
  return cheapest(x, y) / x.length;
}
