import { resolve } from 'node:path';
import { type Dataset, isPaired, type OpenOptions, openDataset } from '../dataset/dataset.ts';
import { distinctNames } from '../dataset/distinctNames.ts';
import { findLabels } from '../dataset/files.ts';
import { type CasePair, readPairsCsv } from '../dataset/pairsCsv.ts';
import { fileAndVolume } from '../dataset/paths.ts';
import { syntheticAround } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import type { NamedFile } from '../file/distinctFiles.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { given } from '../given.ts';
import { type PairResult, pairResult } from '../outcome/pairResults.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import type { PairRegistrar } from '../registration/register.ts';
import { outputFiles, type PairFiles, registerFiles, writeRegistration } from './registerFiles.ts';

/** How the pairs of a list are registered. */
interface RegisterPairsOptions {
  readonly registrar: PairRegistrar;
  /** Where pairs begin; as the registrar chooses when left out. */
  readonly start?: InitialAlignment;
  /** Folder for moved images, labels and warps; nothing is written when left out. */
  readonly out?: string;
  /** After each pair. */
  readonly onPair?: (result: PairResult, done: number, total: number) => void | Promise<void>;
}

/** The pairs of a list with all that belongs to them. */
export interface PairList {
  readonly dataset: Pick<Dataset, 'root' | 'cases' | 'labelNames' | 'incomplete' | 'synthetic'>;
  readonly pairs: readonly CasePair[];
}

/**
 * How the pairs of a list start where nothing tells: the two images of one case where they lie in the world, others
 * centres together.
 */
export function usualStart({ pairs }: PairList): InitialAlignment {
  return pairs.every(({ fixed, moving }) => fixed.id === moving.id) ? 'world' : 'center';
}

/**
 * Reads a list of pairs; every file that it names must be there. The folder may be laid out in any way.
 * @throws UserError when the list or the folder is wrong
 */
export async function readPairList(pairs: string, data: string, open: OpenOptions = {}): Promise<PairList> {
  const files = nodeFiles();
  const dataset = await openDataset(data, files, { requireFiles: false, anyLayout: true, ...open });
  const list = await readPairsCsv(pairs, dataset, files, resolve(dataset.root));
  const images = list.flatMap(({ fixed, moving }) => [fixed.image, moving.image]);
  const synthetic = dataset.synthetic ?? (await syntheticAround(images, files));
  return { dataset: { ...dataset, ...given({ synthetic }) }, pairs: list };
}

/**
 * The pairs that a dataset of two modalities consists of.
 * @throws UserError when it is none
 */
export async function ownPairList(data: string, open: OpenOptions = {}): Promise<PairList> {
  const dataset = await openDataset(data, nodeFiles(), open);
  if (!isPaired(dataset)) throw new UserError(`${data} holds no pairs of two modalities; list the pairs with --pairs.`);
  return { dataset, pairs: dataset.cases.map((each) => ({ fixed: each, moving: each })) };
}

/** The files of a listed pair, labels included where they can be found. */
export async function filesOfPair({ dataset }: PairList, { fixed, moving: other }: CasePair): Promise<PairFiles> {
  const files = nodeFiles();
  const moving = (fixed.id === other.id && fixed.moving) || other;
  const fixedLabels = fixed.labels ?? (await findLabels(dataset, fixed.image, files));
  const movingLabels = moving.labels ?? (await findLabels(dataset, moving.image, files));
  return {
    fixed: fixed.image,
    moving: moving.image,
    ...given({ fixedLabels, movingLabels, fixedLandmarks: fixed.landmarks, movingLandmarks: moving.landmarks }),
  };
}

/** What the pairs of a list are called in names of files: `<fixed>_<moving>`, each name its own. */
export function pairNames({ pairs }: Pick<PairList, 'pairs'>): string[] {
  const nameOf = distinctNames();
  return pairs.map(({ fixed, moving }) => nameOf(`${fixed.id}_${moving.id}`));
}

/** The files that {@link registerPairs} writes into a folder. */
export function pairOutputs(list: PairList, folder: string): NamedFile[] {
  return pairNames(list).flatMap((name, index) =>
    Object.values(outputFiles(folder, name, true)).map((path) => ({ name: `a result of pair ${index + 1}`, path })),
  );
}

/** The files that a list names, for {@link assertDistinctFiles}. */
export function pairInputs({ pairs }: PairList): NamedFile[] {
  const paths = pairs.flatMap(({ fixed, moving }) =>
    [fixed, moving, fixed.moving].flatMap((each) => [each?.image, each?.labels, each?.landmarks?.path]),
  );
  return [...new Set(paths.filter((path) => path !== undefined))].map((path) => ({
    name: 'a file of the pairs',
    path: fileAndVolume(path).file,
  }));
}

/** Registers a pair of a list, by its place, and writes its results into the folder, where one is given. */
export type PairTask = (index: number, folder?: string) => Promise<PairResult>;

/** What {@link registerPairs} does with each pair. */
export function pairTask(
  list: PairList,
  { registrar, start }: Pick<RegisterPairsOptions, 'registrar' | 'start'>,
): PairTask {
  const names = pairNames(list);
  return async (index, folder) => {
    const { fixed, moving } = list.pairs[index]!;
    const name = names[index]!;
    const registered = await registerListed(list, index, registrar, start);
    if (folder !== undefined)
      await writeRegistration(registered, outputFiles(folder, name, registered.movedLabels !== undefined));
    return { name, ...pairResult(fixed.id, moving.id, registered) };
  };
}

/**
 * Registers a pair of a list and judges it.
 * @throws UserError that names the pair
 */
export async function registerListed(
  list: PairList,
  index: number,
  registrar: PairRegistrar,
  start: InitialAlignment | undefined,
): Promise<RegisteredPair> {
  const pair = list.pairs[index]!;
  return registerFiles(registrar, await filesOfPair(list, pair), start).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`Pair ${index + 1}, ${pair.moving.id} onto ${pair.fixed.id}: ${error.message}`);
  });
}

/** Registers the pairs of a list one after the other with one loaded model. */
export async function registerPairs(list: PairList, options: RegisterPairsOptions): Promise<PairResult[]> {
  const task = pairTask(list, options);
  const results: PairResult[] = [];
  for (const index of list.pairs.keys()) {
    const result = await task(index, options.out);
    results.push(result);
    await options.onPair?.(result, results.length, list.pairs.length);
  }
  return results;
}
