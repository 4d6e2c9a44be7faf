import Papa from 'papaparse';
import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import type { Landmark } from './landmarks.ts';

const ONE = ['x', 'y', 'z'];
const TWO = ['x1', 'y1', 'z1', 'x2', 'y2', 'z2'];

/**
 * Reads landmarks from CSV with a header: `x,y,z` for one image, `x1,y1,z1,x2,y2,z2` for two, optionally `name` or
 * `label`. RAS mm.
 * @throws UserError when columns are missing or a cell is no number
 * @example const landmarks = decodeLandmarkCsv('x,y,z\n1,2,3\n', 'points.csv')
 */
export function decodeLandmarkCsv(text: string, file: string): Landmark[] {
  const { data, meta } = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (header) => header.trim().toLowerCase(),
  });
  const fields = meta.fields ?? [];
  const columns = [TWO, ONE].find((names) => names.every((name) => fields.includes(name)));
  if (!columns)
    throw new UserError(
      `${file} lacks the columns x,y,z (or x1,y1,z1,x2,y2,z2 for two images); name them in its first line.`,
    );
  if (data.length === 0) throw new UserError(`${file} holds no points below its header; export it again.`);
  return data.map((row, index) => {
    const numbers = columns.map((column) => (row[column]?.trim() ? Number(row[column]) : Number.NaN));
    if (!numbers.every(Number.isFinite))
      throw new UserError(
        `Point ${index + 1} of ${file} lacks a number in one of the columns ${columns.join(', ')}; correct it.`,
      );
    return {
      ...nameOf(row.name ?? row.label, index),
      first: tripleAt(numbers),
      ...(columns === TWO ? { second: tripleAt(numbers, 3) } : {}),
    };
  });
}

/**
 * Writes landmarks as CSV, RAS mm; both images where every landmark has a second point. A name that a spreadsheet would
 * run as a formula gets an apostrophe in front, which {@link decodeLandmarkCsv} takes away.
 * @example const text = encodeLandmarkCsv(landmarksOfLabels(fixedLabels))
 */
export function encodeLandmarkCsv(landmarks: readonly Landmark[]): string {
  const both = landmarks.every(({ second }) => second !== undefined);
  const named = landmarks.some(({ unnamed }) => !unnamed);
  const data = landmarks.map(({ name, unnamed, first, second }) => [
    ...(named ? [unnamed ? '' : name.replace(FORMULA, "'$&")] : []),
    ...[...first, ...(both && second ? second : [])].map((v) => v.toFixed(6)),
  ]);
  const fields = [...(named ? ['name'] : []), ...(both ? TWO : ONE)];
  return `${Papa.unparse({ fields, data }, { newline: '\n' })}\n`;
}

/** How a text begins that a spreadsheet would run, or that was kept from it. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A row's name, or its number; without the apostrophe that kept a spreadsheet from running it. */
function nameOf(cell: string | undefined, row: number): Pick<Landmark, 'name' | 'unnamed'> {
  const name = cell?.trim() ?? '';
  if (name === '') return { name: String(row + 1), unnamed: true };
  return { name: name.startsWith("'") && FORMULA.test(name) ? name.slice(1) : name };
}
