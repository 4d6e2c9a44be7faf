import Papa from 'papaparse';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { FileSource } from '../volume/fileSource.ts';
import type { Case, Dataset } from './dataset.ts';
import { findLabels, missingFiles } from './files.ts';
import { fileAndVolume, folderOf, isAbsolute, isVolumeFile, join, volumeName } from './paths.ts';
import { readText } from './textFile.ts';

/** Two cases to register: the moving image is brought onto the fixed one. */
export interface CasePair {
  readonly fixed: Case;
  readonly moving: Case;
}

/** One row of a list of pairs as it is written. */
interface PairRow {
  readonly fixed: string;
  readonly moving: string;
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
}

/** So many take weeks to register; lists are kept in memory with their results. */
const MOST_PAIRS = 100_000;
const COLUMNS = ['fixed', 'moving', 'fixed_labels', 'moving_labels'];

function checkHeader(fields: readonly string[], name: string): void {
  const unknown = fields.find((field) => !COLUMNS.includes(field));
  const absent = ['fixed', 'moving'].filter((column) => !fields.includes(column));
  if (absent.length > 0) {
    throw new UserError(
      `'${name}' has no column '${absent.join("' and no column '")}' in its first line: make the first line fixed,moving (or fixed,moving,fixed_labels,moving_labels).`,
    );
  }
  if (unknown !== undefined) {
    throw new UserError(`'${name}' has an unknown column '${unknown}': the columns are ${COLUMNS.join(', ')}.`);
  }
}

/**
 * Parses a list of pairs: a header `fixed,moving[,fixed_labels,moving_labels]` in any order, then a pair a line.
 *
 * @param name For messages.
 * @throws UserError for a missing or unknown column, a row without a partner, a malformed line, no row at all, or too
 * many.
 */
export function parsePairsCsv(text: string, name: string): PairRow[] {
  // Before the parser, which says on its own that fields recur where the header is missing.
  const header = text.split(/\r?\n/).find((line) => line.trim() !== '') ?? '';
  const fields = header.replace(/^\uFEFF/, '').split(',');
  checkHeader(
    fields.map((field) => field.trim().replace(/^"(.*)"$/, '$1')),
    name,
  );
  const parsed = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
    delimiter: ',',
    transformHeader: (field) => field.trim(),
    transform: (value) => value.trim(),
  });
  const malformed = parsed.errors[0];
  if (malformed) {
    const line = malformed.row === undefined ? '' : `, pair ${malformed.row + 1}`;
    throw new UserError(
      `'${name}'${line} is malformed (${malformed.message}): give every line as many values as the header has columns.`,
    );
  }
  if (parsed.data.length === 0) throw new UserError(`'${name}' lists no pair: add lines below the header.`);
  if (parsed.data.length > MOST_PAIRS)
    throw new UserError(
      `'${name}' lists ${parsed.data.length} pairs, and at most ${MOST_PAIRS} are allowed: split the list.`,
    );
  return parsed.data.map((row, index) => {
    const { fixed = '', moving = '', fixed_labels: fixedLabels, moving_labels: movingLabels } = row;
    if (fixed === '' || moving === '') {
      const side = fixed === '' ? 'fixed' : 'moving';
      throw new UserError(`'${name}', pair ${index + 1} has no ${side} image: give both images of every pair.`);
    }
    return {
      fixed,
      moving,
      // An empty field names no labels.
      ...given({ fixedLabels: fixedLabels || undefined, movingLabels: movingLabels || undefined }),
    };
  });
}

/**
 * Reads a list of pairs of images under a data root. A value is a path, relative to the root or absolute, or the id of
 * a case of the dataset. Labels come from their columns. If there are none, they come from the dataset, or from
 * `labelsTr/` or `labels/` beside the images ({@link findLabels}). A pair may have no labels. Images outside the
 * dataset get ids that tell them apart.
 *
 * @param path Of the CSV file.
 * @param dataset Its root, and its cases as far as there are any.
 * @param absoluteRoot The root in full, by which absolute paths below it are known.
 * @throws UserError when the list is malformed or too long, a file is missing or no volume, or a pair is listed twice.
 */
export async function readPairsCsv(
  path: string,
  dataset: Pick<Dataset, 'root' | 'cases'>,
  files: FileSource,
  absoluteRoot = dataset.root,
): Promise<CasePair[]> {
  const rows = parsePairsCsv(await readText(path, files), path);
  const pathOf = (value: string): string => {
    if (value.startsWith(`${absoluteRoot.replace(/\/+$/, '')}/`))
      return join(dataset.root, value.slice(absoluteRoot.length));
    return isAbsolute(value) ? value : join(dataset.root, value);
  };
  const byId = new Map(dataset.cases.map((known) => [known.id, known.image]));
  const byImage = new Map(dataset.cases.map((known) => [known.image, known]));
  const imageOf = (value: string): string => byId.get(value) ?? pathOf(value);

  const images = [...new Set(rows.flatMap(({ fixed, moving }) => [imageOf(fixed), imageOf(moving)]))];
  const strangers = images.filter((image) => !byImage.has(image));
  const ids = distinctIds(strangers, dataset);
  const cases = new Map(images.map((image) => [image, byImage.get(image) ?? { id: ids.get(image) as string, image }]));
  for (const image of strangers) {
    const labels = await findLabels(dataset, image, files);
    if (labels !== undefined) cases.set(image, { ...(cases.get(image) as Case), labels });
  }
  const resolve = (value: string, labels: string | undefined): Case => {
    const found = cases.get(imageOf(value)) as Case;
    return labels === undefined ? found : { ...found, labels: pathOf(labels) };
  };
  const pairs = rows.map((row) => ({
    fixed: resolve(row.fixed, row.fixedLabels),
    moving: resolve(row.moving, row.movingLabels),
  }));
  await requireVolumes(pairs, path, dataset.root, files);
  refuseTwice(pairs, path);
  return pairs;
}

/** The files of a listed image and its labels. */
function filesOf({ image, labels }: Case): string[] {
  return [image, ...(labels === undefined ? [] : [labels])].map((listed) => fileAndVolume(listed).file);
}

async function requireVolumes(
  pairs: readonly CasePair[],
  path: string,
  root: string,
  files: FileSource,
): Promise<void> {
  const listed = new Set(pairs.flatMap(({ fixed, moving }) => [...filesOf(fixed), ...filesOf(moving)]));
  const missing = new Set(await missingFiles([...listed], files));
  for (const [index, { fixed, moving }] of pairs.entries()) {
    const own = [...filesOf(fixed), ...filesOf(moving)];
    const absent = own.find((file) => missing.has(file));
    if (absent !== undefined)
      throw new UserError(
        `'${path}', pair ${index + 1} lists '${absent}', which is not there: paths are relative to '${root}'.`,
      );
    const other = own.find((file) => !isVolumeFile(file));
    if (other !== undefined)
      throw new UserError(
        `'${path}', pair ${index + 1} lists '${other}', which does not have the name of a volume: give files such as .nii.gz, .nii, .nrrd or .mha.`,
      );
  }
}

/** Twice the same pair would count twice in every mean. */
function refuseTwice(pairs: readonly CasePair[], path: string): void {
  const seen = new Map<string, number>();
  for (const [index, { fixed, moving }] of pairs.entries()) {
    const key = JSON.stringify([fixed.image, fixed.labels, moving.image, moving.labels]);
    const first = seen.get(key);
    if (first !== undefined)
      throw new UserError(
        `'${path}' lists the pair of fixed '${fixed.id}' and moving '${moving.id}' twice, as pairs ${first + 1} and ${index + 1}: remove one of them.`,
      );
    seen.set(key, index);
  }
}

/**
 * Ids of images that no dataset names. Each is unique: the name of the file if no other image has it, otherwise the
 * path below the root. The extension is left out if the id is unique without it.
 */
function distinctIds(images: readonly string[], { root, cases }: Pick<Dataset, 'root' | 'cases'>): Map<string, string> {
  const taken = new Set(cases.map(({ id }) => id));
  const ids = new Map<string, string>();
  const below = (image: string): string => (image.startsWith(`${root}/`) ? image.slice(root.length + 1) : image);
  for (const spelling of [idOf, (image: string) => join(folderOf(below(image)), idOf(image)), below]) {
    const left = images.filter((image) => !ids.has(image));
    const counts = new Map<string, number>();
    for (const image of left) counts.set(spelling(image), (counts.get(spelling(image)) ?? 0) + 1);
    for (const image of left) {
      const id = spelling(image);
      if (counts.get(id) === 1 && !taken.has(id)) ids.set(image, id);
    }
    for (const id of ids.values()) taken.add(id);
  }
  for (const image of images) if (!ids.has(image)) ids.set(image, image);
  return ids;
}

/** The name of an image's file without its extension; `a,2` for the second volume of a.nii.gz. */
function idOf(image: string): string {
  const { file, volume } = fileAndVolume(image);
  return volume === undefined ? volumeName(file) : `${volumeName(file)},${volume}`;
}
