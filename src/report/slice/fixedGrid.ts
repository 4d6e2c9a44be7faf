import { assertSameGrid } from '../../volume/checks.ts';
import type { Grid } from '../../volume/grid.ts';

/**
 * Refuses inputs of a figure that do not lie on the fixed image's grid.
 * @param others under the names that the message calls them; those left out count as fitting
 * @throws UserError that names the first that does not fit
 */
export function assertOnFixedGrid(fixed: Grid, others: Readonly<Record<string, Grid | undefined>>): void {
  for (const [name, grid] of Object.entries(others)) {
    if (grid !== undefined) assertSameGrid(fixed, grid, 'The fixed image', `the ${name}`);
  }
}
