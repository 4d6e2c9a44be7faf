import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { preprocessingSchema } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import type { PairMetrics } from '../training/pairMetrics.ts';

/** Settings that all refinements of a comparison share. */
const settingsSchema = z.strictObject({
  preprocessing: preprocessingSchema,
  steps: z.int().min(1),
  grid: z.int().min(1),
  rate: z.number().positive(),
  seed: z.int().min(0),
  /** Compare only where both volumes have data, not in their surroundings. */
  mask: z.boolean().default(false),
});
export type ComparisonSettings = z.infer<typeof settingsSchema>;

/** One refined pair of a comparison. */
export interface RefinementRecord extends PairMetrics {
  /** Loss and options as they were named. */
  readonly method: string;
  readonly smoothness: number;
  readonly fixed: string;
  readonly moving: string;
  /** What the two scans held; left out in records of earlier versions. */
  readonly scans?: string;
  readonly seconds: number;
}

type Refinement = Pick<RefinementRecord, 'method' | 'smoothness' | 'fixed' | 'moving' | 'scans'>;

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
  static async open(folder: string, settings: ComparisonSettings): Promise<RefinementJournal> {
    const text = textOf(settings);
    const known = await readFile(join(folder, SETTINGS), 'utf8').catch(() => undefined);
    if (known !== undefined && known !== text && !isSame(known, text))
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

  /** The record of a refinement, when it was done of the same scans. */
  find(refinement: Refinement): RefinementRecord | undefined {
    return this.records.get(keyOf(refinement)) ?? this.records.get(keyOf({ ...refinement, scans: '' }));
  }

  /** Writes a record down. */
  async add(record: RefinementRecord): Promise<void> {
    this.records.set(keyOf(record), record);
    await appendFile(this.path, `${JSON.stringify(record)}\n`);
  }
}

function textOf(settings: ComparisonSettings): string {
  return `${JSON.stringify(settingsSchema.parse(settings), undefined, 2)}\n`;
}

/** Whether stored settings are the given ones, those that came later at their defaults. */
function isSame(stored: string, text: string): boolean {
  try {
    return textOf(JSON.parse(stored) as ComparisonSettings) === text;
  } catch {
    return false;
  }
}

function keyOf({ method, smoothness, fixed, moving, scans = '' }: Refinement): string {
  return JSON.stringify([method, smoothness, fixed, moving, scans]);
}

function parse(line: string, path: string): RefinementRecord {
  try {
    return JSON.parse(line) as RefinementRecord;
  } catch {
    throw new UserError(`${path} is damaged; move it away, and what it held is done again.`);
  }
}
