import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import type { Vec3 } from './grid.ts';
import type { Landmark } from './landmarks.ts';

const MAGIC = 'MNI Tag Point File';

/**
 * Reads an MNI tag point file: points of one or two volumes in world coordinates (RAS mm), one per row. A weight, two
 * ids and a text in quotes may follow. Comments begin with % or #.
 * @throws UserError when it is no tag file, or a row does not hold the numbers that it must
 * @example const landmarks = decodeTag(text, 'Case1-MRI-beforeUS.tag')
 */
export function decodeTag(text: string, name: string): Landmark[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^\s*[%#].*$/, '').trim());
  if (lines[0] !== MAGIC)
    throw new UserError(`${name} is not an MNI tag file (its first line is not "${MAGIC}"); give a .tag or .csv file.`);
  const body = lines.slice(1).join('\n');
  const volumes = Number(/Volumes\s*=\s*(\d+)\s*;/.exec(body)?.[1]);
  const start = /Points\s*=/.exec(body);
  if (!(volumes === 1 || volumes === 2) || !start)
    throw new UserError(
      `${name} is damaged: it needs "Volumes = 1;" or "Volumes = 2;" and then "Points ="; export it again.`,
    );
  const rest = body.slice(start.index + start[0].length);
  const end = rest.lastIndexOf(';');
  if (end < 0) throw new UserError(`${name} is cut short: its points do not end with ";"; copy the file again.`);
  const rows = rest
    .slice(0, end)
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '');
  if (rows.length === 0) throw new UserError(`${name} holds no points; export it again.`);
  return rows.map((row, index) => landmarkOf(row, volumes, index, name));
}

function landmarkOf(row: string, volumes: number, index: number, file: string): Landmark {
  const label = /"([^"]*)"\s*$/.exec(row)?.[1]?.trim() ?? '';
  const numbers = row
    .replace(/"[^"]*"\s*$/, '')
    .trim()
    .split(/\s+/)
    .map(Number);
  const coordinates = numbers.slice(0, 3 * volumes);
  if (coordinates.length < 3 * volumes || !coordinates.every(Number.isFinite))
    throw new UserError(
      `Point ${index + 1} of ${file} does not hold ${3 * volumes} numbers, for ${volumes === 1 ? 'one volume' : 'two volumes'}; correct it.`,
    );
  const point = (at: number): Vec3 => tripleAt(coordinates, at);
  return {
    ...(label === '' ? { name: String(index + 1), unnamed: true } : { name: label }),
    first: point(0),
    ...(volumes === 2 ? { second: point(3) } : {}),
  };
}

/**
 * Writes an MNI tag point file; of two volumes where every landmark has a second point.
 * @example const text = encodeTag(landmarksOfLabels(fixedLabels))
 */
export function encodeTag(landmarks: readonly Landmark[], comment = ''): string {
  const both = landmarks.every(({ second }) => second !== undefined);
  const rows = landmarks.map(({ name, unnamed, first, second }) => {
    const numbers = [...first, ...(both && second ? second : [])].map((value) => value.toFixed(6));
    const label = unnamed ? '' : name.replaceAll('"', "'").replace(/\s+/g, ' ');
    return ` ${numbers.join(' ')} "${label}"`;
  });
  const remark = comment === '' ? '' : `% ${comment.replace(/\s+/g, ' ')}\n`;
  return `${MAGIC}\nVolumes = ${both ? 2 : 1};\n${remark}\nPoints =\n${rows.join('\n')};\n`;
}
