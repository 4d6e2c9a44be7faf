import type { Dataset } from '../dataset/dataset.ts';
import { foldedShare } from '../metric/jacobian.ts';
import { valueIn } from '../metric/measures.ts';
import type { PairResult } from '../outcome/pairResults.ts';

/** Prints a JSON document on standard output; numbers that are not finite become null. */
export function printJson(value: unknown): void {
  console.log(toJson(value));
}

/** JSON with two spaces; numbers that are not finite become null. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === 'number' && !Number.isFinite(item) ? null : item),
    2,
  );
}

/** A number with fixed decimals, or a dash where there is none. */
export function decimals(value: number | null | undefined, places: number): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(places);
}

/** What is wrong with the voxels of something too thin. */
export const WITHOUT_JACOBIAN = 'too few along an axis for a Jacobian (3 are needed)';

/** Says where data are made and not measured. */
export function saySynthetic({ synthetic }: Pick<Dataset, 'synthetic'>): void {
  if (synthetic) console.error(`Note: ${synthetic.description}`);
}

/** Says which of the pairs have too few slices for their folds to be measured. */
export function sayWhatIsLeftOut(pairs: readonly PairResult[]): void {
  const [first, ...others] = pairs.filter((pair) => Number.isNaN(valueIn(pair, foldedShare.key)));
  if (!first) return;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  console.error(`Note: the voxels of ${first.fixed}${more} are ${WITHOUT_JACOBIAN}, so folds are left out.`);
}

/** Says what may be wrong with pairs' alignments; in a list, of which pair. */
export function sayWarnings(
  pairs: readonly { readonly fixed: string; readonly moving: string; readonly warnings?: readonly string[] }[],
): void {
  for (const { fixed, moving, warnings = [] } of pairs)
    for (const warning of warnings)
      console.error(`WARNING: ${pairs.length > 1 ? `${moving} onto ${fixed}: ` : ''}${warning}`);
}

/** A number with its noun: `1 pair`, `2 pairs`. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** What a command wrote, as the end of what it says; nothing where it wrote nothing. */
export function sayWritten(...paths: readonly (string | undefined)[]): void {
  const written = paths.filter((path) => path !== undefined);
  const last = written.at(-1);
  if (last === undefined) return;
  const others = written.slice(0, -1).join(', ');
  console.log(`Wrote ${others === '' ? last : `${others} and ${last}`}.`);
}

/** Seconds as people say them: 42 s, 3 min 5 s, 2 h 10 min. Never less than one. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Columns of text, aligned; the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, c) => rows.reduce((width, row) => Math.max(width, (row[c] ?? '').length), 0));
  return rows
    .map((row) =>
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join('  '),
    )
    .join('\n');
}
