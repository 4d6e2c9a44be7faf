import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { parseJson, readTextFile } from '../../file/jsonFile.ts';
import { reasonOf } from '../../file/reason.ts';
import { preprocessingSchema } from '../../preparation/preprocessing.ts';
import {
  assertSameScans,
  type Origin,
  otherThreads,
  readOrigin,
  sharedScans,
  writeOrigin,
} from '../../workflow/origin.ts';

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
export interface RefinementRecord {
  /** Loss and options as they were named. */
  readonly method: string;
  readonly smoothness: number;
  readonly fixed: string;
  readonly moving: string;
  /** What the two scans held; left out in records of earlier versions. */
  readonly scans?: string;
  readonly seconds: number;
  /** Measures on the grid of the comparison by their keys; NaN if one cannot be computed. */
  readonly [measured: string]: string | number | undefined;
}

type Refinement = Pick<RefinementRecord, 'method' | 'smoothness' | 'fixed' | 'moving' | 'scans'>;

const recordSchema = z
  .object({
    method: z.string(),
    smoothness: z.number(),
    fixed: z.string(),
    moving: z.string(),
    scans: z.string().optional(),
    seconds: z.number(),
  })
  .catchall(z.number().nullable());

const SETTINGS = 'comparison.json';
const RECORDS = 'refinements.jsonl';

/**
 * What a comparison has done so far: `comparison.json`, the settings that all its refinements share, and
 * `refinements.jsonl`, a line a refinement, written as soon as it is done.
 */
export class RefinementJournal {
  private constructor(
    private readonly path: string,
    private readonly records: Map<string, RefinementRecord>,
  ) {}

  /**
   * Opens the journal of a folder, new or to go on with.
   * @param origin the scans of the pairs, and the threads
   * @param say gets a sentence where the threads are others than before
   * @throws UserError when the folder holds a comparison with other settings or scans, or a damaged journal
   */
  static async open(
    folder: string,
    settings: ComparisonSettings,
    origin: Origin,
    say: (sentence: string) => void = () => undefined,
  ): Promise<RefinementJournal> {
    const text = textOf(settings);
    const file = join(folder, SETTINGS);
    const known = await readTextFile(file);
    if (known !== undefined && known !== text && !isSame(known, text, file))
      throw new UserError(
        `${folder} holds a comparison with other settings (${SETTINGS}); give the same, or another --out.`,
      );
    const path = join(folder, RECORDS);
    const lines = ((await readTextFile(path)) ?? '').split('\n');
    // Without a newline behind it, the last line was cut off while it was written.
    const whole = lines.slice(0, -1);
    const records = whole.map((line) => parse(line, path));
    const before = await readOrigin(folder);
    if (before) assertSameScans(sharedScans(before.scans, origin.scans), origin.scans, `the comparison in ${folder}`);
    const other = before && otherThreads(before, origin);
    if (other !== undefined) say(other);
    await makeFolder(folder);
    if (known === undefined) await writeAtomically(file, text);
    await writeOrigin(folder, { ...origin, scans: { ...before?.scans, ...origin.scans } });
    if (lines.at(-1) !== '') await writeAtomically(path, whole.map((line) => `${line}\n`).join(''));
    return new RefinementJournal(path, new Map(records.map((record) => [keyOf(record), record])));
  }

  /** The record of a refinement, when it was done of the same scans. */
  find(refinement: Refinement): RefinementRecord | undefined {
    return this.records.get(keyOf(refinement)) ?? this.records.get(keyOf({ ...refinement, scans: '' }));
  }

  /** Writes a record down. */
  async add(record: RefinementRecord): Promise<void> {
    this.records.set(keyOf(record), record);
    try {
      const file = await open(this.path, 'a');
      try {
        await file.appendFile(`${JSON.stringify(record)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw new UserError(
        `${this.path} cannot be written (${reasonOf(error)}); what is done is kept, and the same command continues it.`,
      );
    }
  }
}

function textOf(settings: ComparisonSettings): string {
  return `${JSON.stringify(settingsSchema.parse(settings), undefined, 2)}\n`;
}

/** Whether stored settings are the given ones, those that came later at their defaults. */
function isSame(stored: string, text: string, file: string): boolean {
  const wayOn = 'remove it if the settings are the same as before, or give another --out';
  return textOf(parseJson<ComparisonSettings>(stored, settingsSchema, file, wayOn)) === text;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new UserError(`${folder} cannot be made (${reasonOf(error)}); give another --out.`);
  });
}

function keyOf({ method, smoothness, fixed, moving, scans = '' }: Refinement): string {
  return JSON.stringify([method, smoothness, fixed, moving, scans]);
}

/** A measure that is not a number is null in JSON. */
function parse(line: string, path: string): RefinementRecord {
  const wayOn = 'move it away, and the same command makes it again';
  const record = parseJson<RefinementRecord>(line, recordSchema, path, wayOn);
  const entries = Object.entries(record).map(([key, value]) => [key, value === null ? Number.NaN : value]);
  return Object.fromEntries(entries) as RefinementRecord;
}
