import Papa from 'papaparse';
import { mean, standardDeviation } from '../../metric/statistics.ts';
import { escapeText } from '../draw/svg.ts';

/** A mean with its standard deviation over `n` values. */
export interface Summary {
  readonly mean: number;
  /** With n − 1 in the denominator; NaN for fewer than two values. */
  readonly sd: number;
  readonly n: number;
  /** How many there could have been: the pairs, of which some have no such value. */
  readonly of: number;
}

/** What a cell holds; `undefined` is shown as a dash and left empty in CSV. */
export type Cell = string | number | Summary | undefined;

/** One column of a table. */
export interface Column {
  /** Where to find the cell in a row. */
  readonly key: string;
  readonly heading: string;
  readonly unit?: string;
  /** Decimals in Markdown and HTML; CSV keeps full precision. Default 3. */
  readonly digits?: number;
}

/** Results in rows and columns. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly caption?: string;
}

/** Mean and standard deviation (n − 1) of the finite values. */
export function summarise(values: readonly number[]): Summary {
  const finite = values.filter(Number.isFinite);
  return { mean: mean(finite), sd: standardDeviation(finite), n: finite.length, of: values.length };
}

/** The table without the columns in which no row has a value. */
export function withoutEmptyColumns(table: Table): Table {
  const shown = ({ key }: Column): boolean => table.rows.some((row) => formatCell(row[key]) !== '–');
  return { ...table, columns: table.columns.filter(shown) };
}

/** A number with so many decimals and a true minus sign; a dash when it is none. */
function formatNumber(value: number, digits: number): string {
  if (Number.isNaN(value)) return '–';
  const written = Number.isFinite(value) ? value.toFixed(digits) : '∞';
  return written.startsWith('-') || value === Number.NEGATIVE_INFINITY ? `−${written.replace('-', '')}` : written;
}

/** Whether some of the values that a mean could be of are not there. */
function isPartial(cell: Cell): cell is Summary {
  return typeof cell === 'object' && cell.n < cell.of;
}

/**
 * A cell as text for people: `0.842`, `0.842 ± 0.031` or `–`. It is `< 0.001` if a value would round to 0, and `0.842 ±
 * 0.031 (2 of 4)` if a mean has fewer values than rows.
 */
export function formatCell(cell: Cell, digits = 3): string {
  if (cell === undefined) return '–';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') {
    const smallest = 10 ** -digits;
    return cell > 0 && cell < smallest / 2 ? `< ${smallest.toFixed(digits)}` : formatNumber(cell, digits);
  }
  const centre = formatNumber(cell.mean, digits);
  const spread = Number.isFinite(cell.sd) ? ` ± ${formatNumber(cell.sd, digits)}` : '';
  return `${centre}${spread}${isPartial(cell) && cell.n > 0 ? ` (${cell.n} of ${cell.of})` : ''}`;
}

function headingOf(column: Column): string {
  return column.unit === undefined ? column.heading : `${column.heading} (${column.unit})`;
}

/** Whether a column holds numbers, to be aligned on the right. */
function isNumeric(table: Table, column: Column): boolean {
  return table.rows.every((row) => typeof row[column.key] !== 'string');
}

/**
 * A text that Markdown shows as it is: no HTML, emphasis, code or links come of it. Only what would be taken for them
 * is escaped, since tables are read on terminals too.
 */
function plainMarkdown(content: string): string {
  return content
    .replace(/\s+/g, ' ')
    .replace(/[\\|`~]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/<(?=[a-z/!?])/gi, '&lt;')
    .replace(/\*(?=\S)|(?<=\S)\*/g, '\\*')
    .replace(/(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/\](?=[([:])/g, '\\]');
}

/** The table in GitHub's Markdown. */
export function toMarkdown(table: Table): string {
  const rowOf = (cells: readonly string[]): string => `| ${cells.map(plainMarkdown).join(' | ')} |`;
  // A paragraph that began so would be a heading, a list or a quotation.
  const caption = plainMarkdown(table.caption ?? '')
    .trim()
    .replace(/^(\d*)(?=[#>+=.)-])/, '$1\\');
  return [
    ...(table.caption === undefined ? [] : [caption, '']),
    rowOf(table.columns.map(headingOf)),
    `| ${table.columns.map((column) => (isNumeric(table, column) ? '---:' : ':---')).join(' | ')} |`,
    ...table.rows.map((row) => rowOf(table.columns.map((column) => formatCell(row[column.key], column.digits)))),
    '',
  ].join('\n');
}

/**
 * The table as CSV (RFC 4180), in full precision. A column with summaries becomes two, mean and SD, and a third, of how
 * many values they are, where some lack. Texts that a spreadsheet would run as a formula get an apostrophe in front.
 */
export function toCsv(table: Table): string {
  const fields: string[] = [];
  const data: (string | number)[][] = table.rows.map(() => []);
  for (const column of table.columns) {
    const cells = table.rows.map((row) => row[column.key]);
    const summaries = cells.some((cell) => typeof cell === 'object');
    const partial = cells.some(isPartial);
    const parts = summaries ? [' mean', ' SD', ...(partial ? [' n'] : [])] : [''];
    fields.push(...parts.map((part) => `${headingOf(column)}${part}`));
    cells.forEach((cell, row) => {
      const values =
        typeof cell === 'object' ? [plain(cell.mean), plain(cell.sd), plain(cell.n)] : [plain(cell), '', ''];
      data[row]!.push(...values.slice(0, parts.length));
    });
  }
  return `${Papa.unparse({ fields, data }, { newline: '\r\n', escapeFormulae: true })}\r\n`;
}

function plain(value: string | number | undefined): string | number {
  return value === undefined || Number.isNaN(value) ? '' : value;
}

/** The table in HTML; a sortable one is made so by the script of {@link htmlPage}. */
export function toHtml(table: Table, options: { readonly sortable?: boolean } = {}): string {
  const numeric = new Set(table.columns.filter((column) => isNumeric(table, column)));
  const classOf = (column: Column): string => (numeric.has(column) ? ' class="number"' : '');
  const head = table.columns.map((column) => {
    const label = escapeText(headingOf(column));
    return options.sortable
      ? `<th${classOf(column)} scope="col" aria-sort="none"><button type="button">${label}</button></th>`
      : `<th${classOf(column)} scope="col">${label}</th>`;
  });
  const body = table.rows.map((row) => {
    const cells = table.columns.map((column) => {
      const cell = row[column.key];
      const value = typeof cell === 'object' ? cell.mean : cell;
      const key = typeof value === 'number' ? ` data-value="${value}"` : '';
      // On a narrow page a row becomes a list, in which every cell says what it is.
      const label = ` data-label="${escapeText(headingOf(column))}"`;
      return `<td${classOf(column)}${key}${label}>${escapeText(formatCell(cell, column.digits))}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return [
    `<div class="table"><table${options.sortable ? ' class="sortable"' : ''}>`,
    table.caption === undefined ? '' : `<caption>${escapeText(table.caption)}</caption>`,
    `<thead><tr>${head.join('')}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}
