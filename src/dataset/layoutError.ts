import { UserError } from '../errors.ts';

/** A folder is laid out as no dataset is. Where a list names the files of every pair, that does not matter. */
export class LayoutError extends UserError {}
