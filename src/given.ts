/**
 * The fields that have a value: for optional fields, which are left out rather than `undefined`.
 * @example options = { ...defaults, ...given({ seed, threads }) }
 */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
