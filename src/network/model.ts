import { z } from 'zod';
import { checksum } from '../crc32.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import {
  elementCount,
  type FeatureOperators,
  Graph,
  type OnnxContents,
  PORTABLE_FEATURES,
  readOnnx,
  type Tensor,
  toOnnx,
  writeOnnx,
} from '../graph/index.ts';
import { type Preprocessing, preprocessingSchema } from '../preparation/preprocessing.ts';
import { type TrainedOn, trainedOnSchema } from '../preparation/trainedOn.ts';
import { requirement } from '../schema.ts';
import type { Extent } from './displacement.ts';
import { constantParameters } from './parameters.ts';
import {
  type ChosenNetwork,
  chooseNetwork,
  DEFAULT_NETWORK,
  describeNetwork,
  networkParameters,
  networks,
} from './registry.ts';
import { registerInStages, type Stage } from './stages.ts';

/** One trained network of a model. */
export interface ModelStage {
  readonly network: ChosenNetwork;
  /** How many times coarser its grid is than the model's. */
  readonly reduction: number;
  /** How often it registers, one pass behind the other; once when left out. */
  readonly passes?: number;
  /** All weights, one parameter after the other. */
  readonly parameters: Float32Array;
}

/** A trained registration: all that is needed to use it. */
export interface RegistrationModel {
  /** One network, or several that refine one another, first to last. */
  readonly stages: readonly ModelStage[];
  readonly preprocessing: Preprocessing;
  /** Where it comes from: data, loss, seed, epochs; free text by name. */
  readonly record: Readonly<Record<string, string>>;
  /** The scans that it was trained on; unknown in files that were written before they held it. */
  readonly trainedOn?: TrainedOn;
}

/** Passes of a network at most. */
export const MOST_PASSES = 8;

/** A stage as a file has it: the settings of its network lie beside what every stage has. */
const stagesSchema = z
  .array(
    z.looseObject({
      reduction: z.int().positive(),
      passes: z.int().positive().max(MOST_PASSES).optional(),
      network: z.string().default(DEFAULT_NETWORK),
    }),
  )
  .min(1)
  .max(8);
const recordSchema = z.record(z.string(), z.string());

const FORMAT = 'earthmorph.format';
const STAGES = 'earthmorph.stages';
const PREPROCESSING = 'earthmorph.preprocessing';
const RECORD = 'earthmorph.record';
const TRAINED_ON = 'earthmorph.trainedOn';
const CHECKSUM = 'earthmorph.checksum';

/** Prefix of a stage's weights in a model file: none for the last, `stage0.`, `stage1.` … for those before it. */
function prefixOf(index: number, count: number): string {
  return index === count - 1 ? '' : `stage${index}.`;
}

/** A model each of whose networks registers so often, one pass behind the other. */
export function withPasses(model: RegistrationModel, passes: number): RegistrationModel {
  return { ...model, stages: model.stages.map((stage) => ({ ...stage, passes })) };
}

/** The stages of a model with their weights as constants of a graph. */
export function constantStages(graph: Graph, stages: readonly ModelStage[], count = stages.length): Stage[] {
  return stages.map(({ network, reduction, passes, parameters }, index) => ({
    network,
    reduction,
    ...given({ passes }),
    parameters: constantParameters(graph, parameters, networkParameters(network), prefixOf(index, count)),
  }));
}

/**
 * The computation of a model. Inputs are `moving` and `fixed`, [1, 1, D, H, W], normalised. Outputs are `displacement`,
 * [1, 3, D, H, W] in voxels, and `moved`.
 */
export function inferenceGraph(
  { stages }: RegistrationModel,
  extent: Extent,
  features: FeatureOperators,
): { graph: Graph; outputs: { displacement: Tensor; moved: Tensor } } {
  const graph = new Graph('registration');
  const moving = graph.input('moving', [1, 1, ...extent]);
  const fixed = graph.input('fixed', [1, 1, ...extent]);
  const { displacement, moved } = registerInStages(moving, fixed, constantStages(graph, stages), features);
  return { graph, outputs: { displacement, moved } };
}

/**
 * Serialises a model as an `.onnx` file that any ONNX runtime can run at the size it was trained at. Its metadata carry
 * the preprocessing, the structure and a checksum of both and the weights, its constants the weights by name, so that
 * {@link decodeModel} needs nothing else.
 * @throws UserError when a weight is not a number
 * @example const bytes = encodeModel(model)
 */
export function encodeModel(model: RegistrationModel): Uint8Array {
  assertNumbers(model, 'The model');
  const { size } = model.preprocessing;
  const { graph, outputs } = inferenceGraph(model, [size, size, size], PORTABLE_FEATURES);
  const metadata = {
    [STAGES]: JSON.stringify(
      model.stages.map(({ network, reduction, passes }) => ({ reduction, passes, ...describeNetwork(network) })),
    ),
    [PREPROCESSING]: JSON.stringify(model.preprocessing),
    [RECORD]: JSON.stringify(model.record),
    ...(model.trainedOn && { [TRAINED_ON]: JSON.stringify(model.trainedOn) }),
  };
  return writeOnnx(
    toOnnx(graph, outputs, {
      metadata: { [FORMAT]: '1', ...metadata, [CHECKSUM]: checksumOf(metadata, model.stages) },
    }),
  );
}

/**
 * Reads a model file. One that was written before model files had checksums is checked in all other ways.
 * @throws UserError when it is no ONNX file, none that EarthMorph wrote, damaged, or does not hold its weights as
 * numbers
 * @example const model = decodeModel(bytes, 'model.onnx')
 */
export function decodeModel(bytes: Uint8Array, name: string): RegistrationModel {
  const contents = readOnnx(bytes, name);
  const { metadata } = contents;
  if (metadata[FORMAT] !== '1')
    throw new UserError(
      `${name} is an ONNX model, but not of EarthMorph; give a model.onnx that "earthmorph train" wrote.`,
    );
  const structures = parsed(metadata, STAGES, stagesSchema, name);
  const preprocessing = parsed(metadata, PREPROCESSING, preprocessingSchema, name);
  const unfit = structures.find(({ reduction }) => preprocessing.size % reduction !== 0);
  if (unfit)
    throw damaged(name, `its grid of ${preprocessing.size} voxels cannot be made ${unfit.reduction} times coarser`);
  const model: RegistrationModel = {
    stages: structures.map(({ reduction, passes, network: family, ...settings }, index) => {
      const network = networkOf(family, settings, name);
      const parameters = weightsOf(contents, network, prefixOf(index, structures.length), name);
      return { network, reduction, parameters, ...given({ passes }) };
    }),
    preprocessing,
    record: parsed(metadata, RECORD, recordSchema, name),
    ...(metadata[TRAINED_ON] !== undefined && { trainedOn: parsed(metadata, TRAINED_ON, trainedOnSchema, name) }),
  };
  const known = metadata[CHECKSUM];
  if (known !== undefined && known !== checksumOf(metadata, model.stages))
    throw damaged(name, 'its weights and settings do not match its checksum');
  assertNumbers(model, name);
  return model;
}

/** Of the texts that say how the weights are used, and the weights. */
function checksumOf(metadata: Readonly<Record<string, string>>, stages: readonly ModelStage[]): string {
  const keys = [STAGES, PREPROCESSING, RECORD, ...(metadata[TRAINED_ON] === undefined ? [] : [TRAINED_ON])];
  const texts = keys.map((key) => `${metadata[key]}\n`);
  return checksum([...texts, ...stages.map(({ parameters }) => parameters)]);
}

function parsed<T>(metadata: Readonly<Record<string, string>>, key: string, schema: z.ZodType<T>, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(metadata[key] ?? '');
  } catch {
    throw damaged(name, `"${key}" ${metadata[key] === undefined ? 'is missing' : 'is cut off or garbled'}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  throw damaged(name, `"${[key, ...issue.path].join('.')}" ${requirement(issue)}`);
}

function networkOf(family: string, settings: Readonly<Record<string, unknown>>, name: string): ChosenNetwork {
  const missing = Object.keys(networks().get(family)?.schema.shape ?? {}).find((key) => !(key in settings));
  if (missing) throw damaged(name, `the setting "${missing}" of its network is missing`);
  try {
    return chooseNetwork(family, settings);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw damaged(name, `${error.message.charAt(0).toLowerCase()}${error.message.slice(1).replace(/\.$/, '')}`);
  }
}

function damaged(name: string, what: string): UserError {
  return new UserError(`${name} is damaged: ${what}; take the model file that "earthmorph train" wrote.`);
}

/** @throws UserError when a weight is NaN or infinite */
function assertNumbers({ stages }: RegistrationModel, name: string): void {
  if (stages.every(({ parameters }) => parameters.every(Number.isFinite))) return;
  throw new UserError(`${name} has weights that are not numbers, so it cannot register; train it again.`);
}

function weightsOf({ constants }: OnnxContents, network: ChosenNetwork, prefix: string, name: string): Float32Array {
  const parts = networkParameters(network).map((spec) => {
    const stored = constants.get(prefix + spec.name);
    if (stored?.external)
      throw new UserError(
        `${name} has its weights in another file, which is not supported; take the model file that "earthmorph train" wrote.`,
      );
    if (!stored) throw damaged(name, `it lacks the weights "${prefix}${spec.name}"`);
    const { shape, data } = stored;
    if (shape.join() !== spec.shape.join() || data.length !== elementCount(spec.shape))
      throw damaged(
        name,
        `its weights "${prefix}${spec.name}" are ${data.length} values of the shape ${shape.join(' × ')}, but its network needs ${spec.shape.join(' × ')}`,
      );
    return data;
  });
  const flat = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  parts.reduce((start, part) => {
    flat.set(part, start);
    return start + part.length;
  }, 0);
  return flat;
}

/**
 * The weights of a model's last stage with a given network, to begin another training with. How often the network uses
 * its weights may differ.
 * @throws UserError when none of its stages has it
 */
export function weightsFor({ stages }: RegistrationModel, network: ChosenNetwork): Float32Array {
  const meaning = (of: ChosenNetwork): string => {
    const repeats: readonly string[] = of.family.repeats ?? [];
    const settings = Object.entries(describeNetwork(of)).filter(([key]) => !repeats.includes(key));
    return JSON.stringify([settings, networkParameters(of).map(({ name, shape }) => [name, shape])]);
  };
  const found = stages.findLast((stage) => meaning(stage.network) === meaning(network));
  if (!found)
    throw new UserError(
      'The model of --weights has another network; give --network and its settings as for that model.',
    );
  return found.parameters;
}

/**
 * The stages of a model as the first stages of one with a finer grid.
 * @throws UserError when the two do not see the same volumes on grids that fit
 */
export function stagesBefore(first: RegistrationModel, preprocessing: Preprocessing): readonly ModelStage[] {
  const { size: _, ...own } = preprocessing;
  const { size: coarse, ...other } = first.preprocessing;
  const differing = (Object.keys(own) as (keyof typeof own)[]).find((key) => own[key] !== other[key]);
  if (differing)
    throw new UserError(
      `The first model was trained with ${differing} = ${other[differing]}, this one with ${own[differing]}; give the same value to both.`,
    );
  const ratio = preprocessing.size / coarse;
  if (!Number.isInteger(ratio))
    throw new UserError(
      `The size ${preprocessing.size} is not a multiple of the first model's size ${coarse}; choose a multiple.`,
    );
  return first.stages.map((stage) => ({ ...stage, reduction: stage.reduction * ratio }));
}
