import { fixedPairs, ownPairs, type Pair } from '../../dataset/pairs.ts';
import { kFolds, type Split, splitCases } from '../../dataset/split.ts';
import { UserError } from '../../errors.ts';
import { given } from '../../given.ts';
import { PRESETS, type TrainingConfig, trainingConfig } from '../../training/configuration.ts';
import type { ExperimentConfig } from './configuration.ts';
import { type MethodText, parseMethod } from './methodText.ts';

/** One point of a loss's grid of hyper-parameters. */
export interface Variant {
  /** What sets it apart from the other points, for instance `smoothness=0.4`; empty where there is only one. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** One of the things that an experiment compares. */
export interface Method {
  /** In tables and figures. */
  readonly name: string;
  readonly variants: readonly Variant[];
}

/** One training: a method at one point of its grid, a seed and, in cross-validation, a fold. */
export interface Trial {
  /** Unique in the experiment, and a usable name of a folder. */
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly seed: number;
  /** From 0; undefined without cross-validation. */
  readonly fold?: number;
  /** Settings of the training, complete but for what the data decide. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The methods of an experiment with their grids. */
export function methodsOf(config: ExperimentConfig): readonly Method[] {
  const named = Array.isArray(config.losses)
    ? config.losses.map((text) => [withoutGrids(text), text] as const)
    : Object.entries(config.losses);
  const parsed = named.map(([name, text]) => ({ name, axes: axesOf(config, parseMethod(text)) }));
  assertFew(config, parsed);
  const methods = parsed.map(({ name, axes }) => ({ name, variants: variantsOf(config, axes) }));
  const slugs = methods.map(({ name }) => slug(name));
  const long = methods.find((_, index) => (slugs[index] as string).length > LONGEST_NAME);
  if (long)
    throw new UserError(`The loss "${long.name.slice(0, 40)}…" has too long a name for a folder; give a shorter one.`);
  const twice = slugs.findIndex((name, index) => slugs.indexOf(name) !== index);
  if (twice >= 0)
    throw new UserError(`The loss "${methods[twice]?.name}" is named twice; give each its own name in "losses".`);
  for (const { name, variants } of methods) assertDistinct(name, variants);
  referenceOf(config, methods);
  return methods;
}

/** Points of a grid must differ in the names of their folders too, or one training would stand for two. */
function assertDistinct(method: string, variants: readonly Variant[]): void {
  const seen = new Map<string, string>();
  for (const { name } of variants) {
    const before = seen.get(slug(name));
    if (before !== undefined)
      throw new UserError(
        before === name
          ? `The grid of "${method}" has the point "${name}" twice; give each value once.`
          : `The points "${before}" and "${name}" in the grid of "${method}" cannot be told apart; leave one out.`,
      );
    seen.set(slug(name), name);
  }
}

/** The words of a loss that are the same at every point of its grid. */
function withoutGrids(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .filter((word) => !word.includes('|'))
    .join(' ');
}

/**
 * The method that others are tested against.
 * @throws UserError when the experiment names one that it does not compare
 */
export function referenceOf({ reference }: ExperimentConfig, methods: readonly Method[]): Method {
  const found = reference === undefined ? methods[0] : methods.find(({ name }) => name === reference);
  if (!found)
    throw new UserError(
      `The reference "${reference}" is not one of the losses; choose one of ${methods.map(({ name }) => name).join(', ')}.`,
    );
  return found;
}

/** The values of one setting, or of one option of the loss, that a method's grid tries. */
interface Axis {
  readonly key: string;
  readonly option: boolean;
  readonly values: readonly unknown[];
}

interface MethodAxes {
  readonly loss: string;
  readonly all: readonly Axis[];
}

function axesOf(config: ExperimentConfig, method: MethodText): MethodAxes {
  const axes = (values: Readonly<Record<string, readonly unknown[]>>, option: boolean): Axis[] =>
    Object.entries(values).map(([key, list]) => ({ key, option, values: list }));
  return {
    loss: method.loss,
    all: [...axes({ ...config.settings, ...method.settings }, false), ...axes(method.options, true)],
  };
}

/** Trainings that an experiment may come to at most: more would take years, or memory before the first begins. */
const MOST_TRIALS = 10_000;

/** Characters of a method's name in the name of a folder at most. */
const LONGEST_NAME = 80;

/** Counts before anything is spelt out: a few short lists make a grid of millions. */
function assertFew(config: ExperimentConfig, methods: readonly { readonly name: string; readonly axes: MethodAxes }[]) {
  const each = config.seeds.length * (config.folds ?? 1);
  const points = methods.map(({ axes }) => axes.all.reduce((product, { values }) => product * values.length, 1));
  const count = each * points.reduce((a, b) => a + b, 0);
  if (count <= MOST_TRIALS) return;
  const largest = methods[points.indexOf(Math.max(...points))]?.name;
  throw new UserError(
    `The experiment has ${count.toLocaleString('en')} trainings, and at most ${MOST_TRIALS.toLocaleString('en')} are possible; shorten its grids (the largest is that of "${largest}"), seeds or folds.`,
  );
}

function variantsOf(config: ExperimentConfig, { loss, all }: MethodAxes): Variant[] {
  const points = all.reduce<{ key: string; option: boolean; value: unknown; varies: boolean }[][]>(
    (sofar, { key, option, values }) =>
      sofar.flatMap((point) => values.map((value) => [...point, { key, option, value, varies: values.length > 1 }])),
    [[]],
  );
  return points.map((point) => {
    const pick = (option: boolean): Record<string, unknown> =>
      Object.fromEntries(point.filter((entry) => entry.option === option).map(({ key, value }) => [key, value]));
    const settings = {
      ...(config.preset === undefined ? {} : PRESETS[config.preset]),
      ...pick(false),
      loss,
      lossOptions: pick(true),
      stopping: config.stopping,
      splitSeed: config.splitSeed,
    };
    trainingConfig(settings);
    const name = point
      .filter(({ varies }) => varies)
      .map(({ key, value }) => `${key}=${Array.isArray(value) ? value.join('-') : value}`)
      .join(' ');
    return { name, settings };
  });
}

/**
 * The trials of the given variants, the first seed of every method first, so that an interrupted experiment says
 * something of each.
 */
export function trialsOf(
  config: ExperimentConfig,
  chosen: readonly { readonly method: Method; readonly variant: Variant }[],
  seeds: readonly number[] = config.seeds,
): readonly Trial[] {
  const folds = config.folds === undefined ? [undefined] : Array.from({ length: config.folds }, (_, fold) => fold);
  return seeds.flatMap((seed) =>
    folds.flatMap((fold) =>
      chosen.map(({ method, variant }) => ({
        id: [method.name, variant.name, fold === undefined ? '' : `fold${fold + 1}`, `seed${seed}`]
          .map(slug)
          .filter((part) => part !== '')
          .join('_'),
        method: method.name,
        variant: variant.name,
        seed,
        ...given({ fold }),
        settings: { ...variant.settings, seed },
      })),
    ),
  );
}

/** Every trial that an experiment can come to, chosen or not. */
export function allTrials(config: ExperimentConfig): readonly Trial[] {
  return trialsOf(config, everyPoint(methodsOf(config)));
}

function everyPoint(methods: readonly Method[]): { readonly method: Method; readonly variant: Variant }[] {
  return methods.flatMap((method) => method.variants.map((variant) => ({ method, variant })));
}

/** All points of all grids, for the first seed: what hyper-parameters are chosen from. */
export function searchTrials(config: ExperimentConfig, methods: readonly Method[]): readonly Trial[] {
  return trialsOf(config, everyPoint(methods), config.seeds.slice(0, 1));
}

/** The cases of a trial by what they are used for. In cross-validation a fifth of the other folds' cases validates. */
export function casesOf(config: ExperimentConfig, ids: readonly string[], fold: number | undefined): Split {
  const { split, splitSeed } = config;
  if (config.folds === undefined || fold === undefined) {
    const [train, validation, test] = split.map((share) => share / 100) as [number, number, number];
    return splitCases(ids, splitSeed, { train, validation, test });
  }
  const { train: others, test } = kFolds(ids, config.folds, splitSeed)[fold] as { train: string[]; test: string[] };
  const { train, validation } = splitCases(others, splitSeed, { train: 0.8, validation: 0.2, test: 0 });
  return { train, validation, test };
}

/**
 * The pairs that a trial is judged on, the same for all trials on the same cases; with `paired` cases, the two images
 * of each.
 */
export function pairsOf(
  config: ExperimentConfig,
  { validation, test }: Split,
  paired: boolean,
): { readonly validation: readonly Pair[]; readonly test: readonly Pair[] } {
  if (paired) return { validation: ownPairs(validation), test: ownPairs(test) };
  return {
    validation: fixedPairs(validation, config.splitSeed, 'validation'),
    test: fixedPairs(test, config.splitSeed, 'test', config.testPairs),
  };
}

/** How many epochs a trial has at most. */
export function epochsOf({ settings }: Trial): number {
  return trainingConfig(settings as Partial<TrainingConfig>).epochs;
}

/** A name as a part of a file name: small letters, digits, dots and hyphens. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[³]/g, '3')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
}
