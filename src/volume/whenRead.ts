import type { Grid } from './grid.ts';

/**
 * A volume or warp whose values are computed when they are first read. They are kept while there is memory, and
 * computed again if there was not: each warp of a large scan takes a gigabyte.
 * @param make the values, laid out as those of the volume or warp
 */
export function whenRead({ size, affine }: Grid, make: () => Float32Array): Grid & { readonly data: Float32Array } {
  let known: WeakRef<Float32Array> | undefined;
  return {
    size,
    affine,
    get data() {
      const before = known?.deref();
      if (before) return before;
      const made = make();
      known = new WeakRef(made);
      return made;
    },
  };
}
