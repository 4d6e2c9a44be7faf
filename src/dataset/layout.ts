import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';
import type { Dataset, OpenOptions } from './dataset.ts';

/** A folder is laid out as no dataset is. Where a list names the files of every pair, that does not matter. */
export class LayoutError extends UserError {}

/** A folder that may be a dataset. */
export interface DataFolder {
  /** The paths of its cases start with it. */
  readonly path: string;
  /** What lies in it, in ascending order. */
  readonly names: readonly string[];
  /** Its `dataset.json` or `<task>_dataset.json`, where it has one. */
  readonly manifest?: { readonly path: string; readonly json: unknown };
  readonly files: FileSource;
}

/** What a layout finds in a folder. */
export type Listing = Pick<Dataset, 'cases'> &
  Partial<Pick<Dataset, 'name' | 'labelNames' | 'officialPairs' | 'incomplete' | 'synthetic' | 'shows' | 'imageNames'>>;

/**
 * A way in which datasets are laid out in a folder.
 * One file in `dataset/` and one line in the registry make a layout known to whatever takes a folder of scans.
 */
export interface Layout {
  /** Short name, as `data check --json` prints it. */
  readonly name: string;
  /** How the help calls it. */
  readonly title: string;
  /** Whether a folder is laid out so. It should ask for little, so that {@link Layout.list} can say what is wrong. */
  recognises(folder: DataFolder): boolean | Promise<boolean>;
  /**
   * The cases, not yet read, with paths that begin with the folder's.
   * @throws LayoutError when the folder is laid out nearly so
   */
  list(folder: DataFolder, options: OpenOptions): Promise<Listing>;
}

/**
 * Gives a layout its types.
 * @example
 * registerLayout(
 *   defineLayout({
 *     name: 'mine',
 *     title: 'scans of mine',
 *     recognises: ({ names }) => names.includes('mine.txt'),
 *     list: async () => ({ cases: [] }),
 *   }),
 * )
 */
export function defineLayout(layout: Layout): Layout {
  return layout;
}
