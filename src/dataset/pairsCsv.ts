import Papa from 'papaparse';
import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';
import type { Case, Dataset } from './dataset.ts';
import { findLabels, missingFiles } from './files.ts';
import { fileAndVolume, join, volumeName } from './paths.ts';

/** Two cases to register: the moving image is brought onto the fixed one. */
export interface CasePair {
  readonly fixed: Case;
  readonly moving: Case;
}

/** One row of a list of pairs as it is written. */
export interface PairRow {
  readonly fixed: string;
  readonly moving: string;
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
}

const COLUMNS = ['fixed', 'moving', 'fixed_labels', 'moving_labels'];

function checkHeader(fields: readonly string[], name: string): void {
  const unknown = fields.find((field) => !COLUMNS.includes(field));
  const absent = ['fixed', 'moving'].filter((column) => !fields.includes(column));
  if (absent.length > 0) {
    throw new UserError(
      `'${name}' has no column '${absent.join("' and no column '")}' in its first line: start it with fixed,moving (and fixed_labels,moving_labels if you like).`,
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
 * @throws UserError for a missing or unknown column, a row without a partner, a malformed line, or no row at all.
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
    throw new UserError(`'${name}'${line} is malformed (${malformed.message}): give every line the header's columns.`);
  }
  if (parsed.data.length === 0) throw new UserError(`'${name}' lists no pair: add lines below the header.`);
  return parsed.data.map((row, index) => {
    const { fixed = '', moving = '', fixed_labels: fixedLabels, moving_labels: movingLabels } = row;
    if (fixed === '' || moving === '') {
      const side = fixed === '' ? 'fixed' : 'moving';
      throw new UserError(`'${name}', pair ${index + 1} has no ${side} image: give both images of every pair.`);
    }
    return {
      fixed,
      moving,
      ...(fixedLabels ? { fixedLabels } : {}),
      ...(movingLabels ? { movingLabels } : {}),
    };
  });
}

/**
 * Reads a list of pairs of images under a data root. A value is a path relative to the root or the id of a case of
 * the dataset. Labels come from their columns, else from the dataset, else from `labelsTr/` or `labels/` beside the
 * images ({@link findLabels}); a pair may have none.
 *
 * @param path Of the CSV file.
 * @param dataset Its root, and its cases as far as there are any.
 * @throws UserError when the list is malformed or a file is missing.
 */
export async function readPairsCsv(
  path: string,
  dataset: Pick<Dataset, 'root' | 'cases'>,
  files: FileSource,
): Promise<CasePair[]> {
  const rows = parsePairsCsv(new TextDecoder().decode(await files.read(path)), path);
  const byId = new Map(dataset.cases.map((known) => [known.id, known]));
  const byImage = new Map(dataset.cases.map((known) => [known.image, known]));

  const resolve = async (value: string, labels: string | undefined): Promise<Case> => {
    const image = byId.get(value)?.image ?? join(dataset.root, value);
    const known = byImage.get(image) ?? { id: volumeName(image), image };
    const found = labels === undefined ? await findLabels(dataset, image, files) : join(dataset.root, labels);
    return found === undefined ? known : { ...known, labels: found };
  };
  const pairs: CasePair[] = [];
  for (const row of rows) {
    pairs.push({
      fixed: await resolve(row.fixed, row.fixedLabels),
      moving: await resolve(row.moving, row.movingLabels),
    });
  }

  for (const [index, { fixed, moving }] of pairs.entries()) {
    const paths = [fixed, moving].flatMap(({ image, labels }) =>
      labels === undefined ? [image] : [image, fileAndVolume(labels).file],
    );
    const [missing] = await missingFiles(paths, files);
    if (missing !== undefined) {
      throw new UserError(
        `'${path}', pair ${index + 1} lists '${missing}', which is not there: paths are relative to '${dataset.root}'.`,
      );
    }
  }
  return pairs;
}
