import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, randomStream } from '../../src/random.ts';
import type { Expectation, Format, Job, Seed } from './format.ts';
import { dicomFormat } from './formats/dicom.ts';
import { foldersFormat } from './formats/folders.ts';
import { itkFormat } from './formats/itk.ts';
import { listsFormat } from './formats/lists.ts';
import { modelFormat } from './formats/model.ts';
import { niftiFormat } from './formats/nifti.ts';
import { pointsFormat } from './formats/points.ts';
import { transformsFormat } from './formats/transforms.ts';
import { Material } from './material.ts';
import { pick } from './mutateBytes.ts';

/** One harmed input and what is done with it. The seed and the number give the same one again. */
export interface Case {
  readonly number: number;
  readonly format: string;
  readonly seed: Seed;
  /** Which use of the seed's. */
  readonly use: number;
  /** What was done to the file, in words. */
  readonly harm: string;
  readonly bytes: Uint8Array;
  readonly expectation: Expectation;
  /** Whether the built program is started for it, in place of its entry being called. */
  readonly inProcess: boolean;
}

/** Every so many command lines start the built program. */
const PROCESS_SHARE = 15;
/** Every so many inputs are left unharmed: what is right must not be refused. */
const UNHARMED_SHARE = 25;

export class Cases {
  readonly formats: readonly Format[];
  readonly #seeds = new Map<Format, Promise<readonly Seed[]>>();

  /** @param only the names of formats, where not all are wanted */
  constructor(
    readonly folder: string,
    readonly seed: number,
    only: readonly string[],
  ) {
    const material = new Material(join(folder, 'material'));
    const makers = [
      ...[niftiFormat, itkFormat, dicomFormat, pointsFormat, transformsFormat, listsFormat, modelFormat, foldersFormat],
    ];
    const all = makers.map((make) => make(material));
    const unknown = only.find((name) => all.every((format) => format.name !== name));
    if (unknown !== undefined)
      throw new Error(`There is no format ${unknown}; the formats are ${all.map(({ name }) => name).join(', ')}.`);
    this.formats = all.filter(({ name }) => only.length === 0 || only.includes(name));
  }

  async make(number: number): Promise<Case> {
    const random = randomStream(this.seed, 'fuzz', number);
    const format = pick(this.formats, random);
    const seed = pick(await this.#seedsOf(format), random);
    const use = random.integer(seed.uses.length);
    const good = readFileSync(join(seed.template, seed.target));
    const inProcess = random.integer(PROCESS_SHARE) === 0;
    const common = { number, format: format.name, seed, use, inProcess };
    if (random.integer(UNHARMED_SHARE) === 0)
      return { ...common, harm: 'unharmed', bytes: good, expectation: 'success' };
    return { ...common, ...harmed(new Uint8Array(good), seed, random) };
  }

  #seedsOf(format: Format): Promise<readonly Seed[]> {
    const known = this.#seeds.get(format);
    if (known) return known;
    const folder = join(this.folder, 'seeds', format.name);
    mkdirSync(folder, { recursive: true });
    const made = format.seeds(folder);
    this.#seeds.set(format, made);
    return made;
  }
}

/** One mutation, or more rarely two or three after one another, of which nobody can say what must follow. */
function harmed(good: Uint8Array, seed: Seed, random: Random): Pick<Case, 'harm' | 'bytes' | 'expectation'> {
  const count = random.integer(4) > 0 ? 1 : 2 + random.integer(2);
  let bytes = good;
  const done: string[] = [];
  let expectation: Expectation = 'sound';
  for (let tries = 0; done.length < count && tries < 20; tries++) {
    const mutation = pick(seed.mutations, random);
    const next = bytes.length === 0 ? undefined : mutation.apply(bytes, random);
    if (next === undefined) continue;
    bytes = next;
    done.push(mutation.name);
    expectation = mutation.expectation ?? 'sound';
  }
  return { harm: done.join(' + '), bytes, expectation: done.length === 1 ? expectation : 'sound' };
}

/** Lays the files of a case out in a new folder. */
export function layOut({ seed }: Case, bytes: Uint8Array, folder: string): void {
  cpSync(seed.template, folder, { recursive: true });
  writeFileSync(join(folder, seed.target), bytes);
}

/** What is done with a case in its folder. */
export function jobOf({ seed, use }: Case, folder: string): Job {
  return seed.uses[use]!(folder);
}
