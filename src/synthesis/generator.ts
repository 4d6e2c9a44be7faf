import { z } from 'zod';
import { SYNTHETIC_FILE, type Synthetic } from '../dataset/synthetic.ts';
import { given } from '../given.ts';
import { checked } from '../schema.ts';
import { tripleAt } from '../triple.ts';
import type { FileSource } from '../volume/fileSource.ts';
import type { Labels, Size, Volume, Warp } from '../volume/grid.ts';

/** Where made data go: a folder on disk, an archive, the browser's storage. Paths are relative to its root. */
export interface DataWriter {
  image(path: string, volume: Volume): Promise<void>;
  labels(path: string, labels: Labels): Promise<void>;
  warp(path: string, warp: Warp): Promise<void>;
  text(path: string, content: string): Promise<void>;
}

/** Reads what settings name, such as scans to begin from. */
export interface DataReader {
  readonly files: FileSource;
  volume(path: string): Promise<Volume>;
}

/** What a generator works with. */
export interface Making {
  readonly writer: DataWriter;
  readonly reader?: DataReader;
  /** After each case. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Settings of every generator. */
export interface GeneratorSettings {
  /** How many cases, at least 1. */
  readonly cases: number;
  /** The same settings and seed give the same files. */
  readonly seed: number;
}

/** What a generator says about its data. */
export interface Made {
  /** The settings as they are kept beside the data, where they differ from those that were given. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What is known of each case: its id and measures. */
  readonly cases?: readonly Readonly<Record<string, unknown>>[];
  /** What the command says of all of them, as a clause. */
  readonly remark?: string;
}

/** An image that was made, with its labels. */
export interface MadeImage {
  readonly image: Volume;
  readonly labels: Labels;
}

/** The two images of a case, the fixed one first. */
export interface MadePair extends MadeImage {
  readonly moving: MadeImage;
}

/** How a generator goes into an experiment's file, where that differs from its command. */
export interface InExperiments {
  /** The name that stands for a folder. */
  readonly name: string;
  /** What the keys of its settings begin with: `phantom` for `phantomCases`. */
  readonly prefix: string;
  /**
   * Its settings there, with bounds and defaults of their own; those that are left out have the generator's defaults.
   */
  readonly shape: Readonly<Record<string, z.ZodType>>;
}

/**
 * Makes datasets, laid out as a reader of `dataset/` takes them.
 * One file in `synthesis/` and one line in the registry make a generator known to the command line and to experiments.
 */
export interface Generator<Settings extends GeneratorSettings = GeneratorSettings> {
  /** Name on the command line, `earthmorph data <name>`, and in the place of a folder in an experiment's file. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** A few sentences for the help: what is made, in which layout. */
  readonly description: string;
  /** Settings with description, default and bounds. Those of arrays of texts are given to the command as words. */
  readonly schema: z.ZodObject<Record<string, z.ZodType>> & z.ZodType<Settings>;
  /** Whether each case holds the two images of a pair. */
  readonly paired: boolean;
  /** In experiments; by its name and with all its settings when left out. */
  readonly inExperiments?: InExperiments;
  /** What the data say of themselves. */
  synthetic(settings: Settings): Synthetic;
  /**
   * One case by itself, from index 0, as `make` writes it: for trainings that learn from a new one at each step. Only
   * where that is quick.
   */
  pair?(settings: Settings, index: number): MadePair;
  /** Makes the files. {@link generate} then writes beside them that they are synthetic. */
  make(settings: Settings, making: Making): Promise<Made>;
}

/**
 * Gives a generator its types.
 * @example registerGenerator(defineGenerator(generator))
 */
export function defineGenerator<Settings extends GeneratorSettings>(
  generator: Generator<Settings>,
): Generator<Settings> {
  return generator;
}

/**
 * Makes a dataset, and last the file that says that it is synthetic, with what, and with which settings.
 * @throws UserError that names a wrong setting; and what the generator throws
 * @example const { synthetic } = await generate(generator, { cases: 4, seed: 1 }, { writer })
 */
export async function generate<Settings extends GeneratorSettings>(
  generator: Generator<Settings>,
  values: Readonly<Record<string, unknown>>,
  making: Making,
): Promise<Made & { readonly synthetic: Synthetic }> {
  const settings = generatorSettings(generator, values);
  const made = await generator.make(settings, making);
  const synthetic = generator.synthetic(settings);
  const said = {
    synthetic: true,
    ...synthetic,
    generator: generator.name,
    settings: made.settings ?? settings,
    ...given({ cases: made.cases }),
  };
  await making.writer.text(SYNTHETIC_FILE, `${JSON.stringify(said, undefined, 2)}\n`);
  return { ...made, synthetic };
}

/**
 * Checks the settings of a generator and fills in defaults.
 * @throws UserError that names a wrong setting
 */
export function generatorSettings<Settings extends GeneratorSettings>(
  { name, schema }: Generator<Settings>,
  values: Readonly<Record<string, unknown>>,
): Settings {
  return checked(`generator "${name}"`, 'setting', schema, values) as Settings;
}

/** Voxels along x, y and z, each a whole number within limits. */
export function sizeSchema(least: number, most: number, example: string): z.ZodType<Size, number[]> {
  const error = `must be three whole numbers from ${least} to ${most}, such as ${example}`;
  return z
    .array(z.int({ error }).min(least, { error }).max(most, { error }))
    .length(3, { error })
    .transform((size): Size => tripleAt(size));
}

/** The `dataset.json` of made cases in the Decathlon's layout. */
export function manifestOf(
  words: { readonly name: string; readonly description: string; readonly labels: Readonly<Record<number, string>> },
  training: readonly object[],
): string {
  const made = { licence: 'CC0', tensorImageSize: '3D', modality: { 0: 'synthetic' }, labels: words.labels };
  const listed = { numTraining: training.length, numTest: 0, training, test: [] };
  return `${JSON.stringify({ name: words.name, description: words.description, ...made, ...listed }, undefined, 1)}\n`;
}
