import type { Judgement } from '../registration/judgement.ts';

/** How well an inverse warp undoes the warp, mm. */
interface Residual {
  readonly mean: number;
  readonly max: number;
}

/** How much is folded, and where most; undefined where there are too few slices to tell. */
export function foldsText({ foldedPercent, foldedForegroundPercent, deepestFold }: Judgement): string | undefined {
  if (!Number.isFinite(foldedPercent)) return undefined;
  const where = deepestFold ? `, most at (${deepestFold.at.map((mm) => mm.toFixed(0)).join(', ')}) mm` : '';
  return `${foldedPercent.toFixed(3)} % of voxels folded, ${known(foldedForegroundPercent, 3)} % of the foreground${where}`;
}

/** What tells without labels or landmarks whether a registration went well, a sentence each. */
export function judgementSentences(judged: Judgement, inverse?: Residual): string[] {
  const { before, after, movement } = judged;
  const change = (from: number, to: number): string => `${known(from, 3)} → ${known(to, 3)}`;
  const folds = foldsText(judged);
  return [
    `Likeness: correlation ${change(before.correlation, after.correlation)}, mutual information (NMI) ${change(before.nmi, after.nmi)}.`,
    `Movement: ${known(movement.mean, 2)} mm on average, ${known(movement.max, 1)} mm at most${folds === undefined ? '' : `; ${folds}`}.`,
    ...(inverse
      ? [
          `Inverse warp: undoes the warp to ${known(inverse.mean, 3)} mm on average, ${known(inverse.max, 3)} mm at most.`,
        ]
      : []),
  ];
}

function known(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
