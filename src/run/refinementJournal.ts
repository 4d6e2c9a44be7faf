import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import type { PairMetrics } from '../training/pairMetrics.ts';

/** One refined pair of a comparison. */
export interface RefinementRecord extends PairMetrics {
  /** Loss and options as they were named. */
  readonly method: string;
  readonly smoothness: number;
  readonly fixed: string;
  readonly moving: string;
  readonly seconds: number;
}

const SETTINGS = 'comparison.json';
const RECORDS = 'refinements.jsonl';

/**
 * What a comparison has done so far: `comparison.json`, the settings that all its refinements share, and `refinements.jsonl`, a line a
 * refinement, written as soon as it is done.
 */
export class RefinementJournal {
  private constructor(
    private readonly path: string,
    private readonly records: Map<string, RefinementRecord>,
  ) {}

  /**
   * Opens the journal of a folder, new or to go on with.
   * @throws UserError when the folder holds a comparison with other settings, or a damaged journal
   */
  static async open(folder: string, settings: unknown): Promise<RefinementJournal> {
    const text = `${JSON.stringify(settings, undefined, 2)}\n`;
    const known = await readFile(join(folder, SETTINGS), 'utf8').catch(() => undefined);
    if (known !== undefined && known !== text)
      throw new UserError(
        `${folder} holds a comparison with other settings (${SETTINGS}); give the same, or another --out.`,
      );
    await mkdir(folder, { recursive: true });
    if (known === undefined) await writeAtomically(join(folder, SETTINGS), text);
    const path = join(folder, RECORDS);
    const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n');
    // Without a newline behind it, the last line was cut off while it was written.
    const whole = lines.slice(0, -1);
    if (lines.at(-1) !== '') await writeAtomically(path, whole.map((line) => `${line}\n`).join(''));
    const records = whole.map((line) => parse(line, path));
    return new RefinementJournal(path, new Map(records.map((record) => [keyOf(record), record])));
  }

  /** The record of a refinement, when it was done. */
  find(refinement: Pick<RefinementRecord, 'method' | 'smoothness' | 'fixed' | 'moving'>): RefinementRecord | undefined {
    return this.records.get(keyOf(refinement));
  }

  /** Writes a record down. */
  async add(record: RefinementRecord): Promise<void> {
    this.records.set(keyOf(record), record);
    await appendFile(this.path, `${JSON.stringify(record)}\n`);
  }
}

function keyOf({
  method,
  smoothness,
  fixed,
  moving,
}: Pick<RefinementRecord, 'method' | 'smoothness' | 'fixed' | 'moving'>): string {
  return JSON.stringify([method, smoothness, fixed, moving]);
}

function parse(line: string, path: string): RefinementRecord {
  try {
    return JSON.parse(line) as RefinementRecord;
  } catch {
    throw new UserError(`${path} is damaged; move it away, and what it held is done again.`);
  }
}
