import type { Random } from '../../src/random.ts';

/** What a mutated input may come to: anything sound, a refusal alone, or a refusal or what the unharmed input gives. */
export type Expectation = 'sound' | 'refusal' | 'same' | 'success';

/** One way to harm a file. */
export interface Mutation {
  readonly name: string;
  /** What follows when nothing else is harmed; `sound` when left out. */
  readonly expectation?: Expectation;
  /** A harmed copy, or undefined where there is nothing to harm. */
  apply(bytes: Uint8Array, random: Random): Uint8Array | undefined;
}

/** What is done with a harmed file: a call of the public library by its name, or a command line. */
export type Job =
  | { readonly door: 'library'; readonly call: LibraryCall; readonly path: string }
  | { readonly door: 'program'; readonly args: readonly string[] };

export type LibraryCall =
  | 'readVolume'
  | 'readLabels'
  | 'readWarp'
  | 'readModel'
  | 'readTransforms'
  | 'openDataset'
  | 'decodeLandmarkCsv'
  | 'decodeTag'
  | 'decodeItkTransform';

/** A good file with what can be done to it and with it. */
export interface Seed {
  /** Folder that every case gets a copy of. */
  readonly template: string;
  /** The file that is harmed, relative to the template. */
  readonly target: string;
  readonly mutations: readonly Mutation[];
  /** Each gets the copy of the template. */
  readonly uses: readonly ((folder: string) => Job)[];
}

/** A kind of file that is read. `seeds` makes the good files, once, in an empty folder. */
export interface Format {
  readonly name: string;
  seeds(folder: string): Promise<readonly Seed[]>;
}
