import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A pair with what it is judged by. */
export interface BenchPair {
  readonly name: string;
  /** Pairs of one kind are averaged in one row. */
  readonly kind: string;
  readonly fixed: string;
  readonly moving: string;
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
  /** Columns: the fixed point's x, y, z, then the moving one's, RAS mm. */
  readonly points?: string;
  /** Spacing of elastix's last B-spline grid, mm. */
  readonly grid: number;
}

/** All pairs whose files are in the folder of the data. */
export function benchPairs(root: string, hippocampi: number): BenchPair[] {
  const at = (...names: string[]): string => join(root, ...names);
  const labelled = (kind: string, fixed: string, moving: string, labels: string, grid: number): BenchPair => ({
    name: kind,
    kind,
    fixed: at('pairs', `${fixed}.nii.gz`),
    moving: at('pairs', `${moving}.nii.gz`),
    fixedLabels: at('pairs', `${fixed}_${labels}.nii.gz`),
    movingLabels: at('pairs', `${moving}_${labels}.nii.gz`),
    grid,
  });
  const list = readFileSync(fileURLToPath(new URL('../../models/hippocampus-test-pairs.csv', import.meta.url)), 'utf8');
  const hippocampus = list
    .trim()
    .split(/\r?\n/)
    .slice(1, hippocampi + 1)
    .map((line, n): BenchPair => {
      const [fixed, moving] = line.split(',') as [string, string];
      const of = (image: string): string => at('hippocampus', image);
      const labels = (image: string): string => of(image.replace('imagesTr', 'labelsTr'));
      return {
        name: `hippocampus ${n + 1}`,
        kind: `hippocampus crops, ${hippocampi} pairs`,
        fixed: of(fixed),
        moving: of(moving),
        fixedLabels: labels(fixed),
        movingLabels: labels(moving),
        grid: 5,
      };
    });
  const contrasts: BenchPair = {
    name: 'T1 and FLAIR, displaced',
    kind: 'T1 and FLAIR, displaced',
    fixed: at('resect', 'Case24', 'MRI', 'Case24-T1.nii.gz'),
    moving: at('pairs', 'case24_FLAIR_disp.nii.gz'),
    points: at('pairs', 'case24_FLAIR_disp_points.csv'),
    grid: 20,
  };
  return [
    labelled('whole brains, T1', 'brain_s1', 'brain_vm', 'seg28', 10),
    labelled('lungs, 4-D CT', 'ct4d_50', 'ct4d_00', 'lung', 20),
    labelled('lung lobes of two people, MR', 'mrlung_0004', 'mrlung_0006', 'lobes', 20),
    contrasts,
    ...hippocampus,
  ].filter(({ fixed, moving }) => existsSync(fixed) && existsSync(moving));
}
