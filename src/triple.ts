/** Three values, one an axis. */
export type Triple<T = number> = readonly [T, T, T];

/** What is made of each of three values. */
export function mapTriple<From, To>([a, b, c]: Triple<From>, make: (value: From, axis: 0 | 1 | 2) => To): Triple<To> {
  return [make(a, 0), make(b, 1), make(c, 2)];
}

/** Three values of a list that holds so many, from a place on. */
export function tripleAt<T>(values: ArrayLike<T>, from = 0): Triple<T> {
  return [values[from]!, values[from + 1]!, values[from + 2]!];
}
