import { z } from 'zod';
import { type Preprocessing, preprocessingSchema } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import {
  type FeatureOperators,
  Graph,
  type OnnxContents,
  PORTABLE_FEATURES,
  readOnnx,
  type Tensor,
  toOnnx,
  writeOnnx,
} from '../graph/index.ts';
import { constantParameters, parameterCount } from './parameters.ts';
import type { NetworkOptions } from './registrationNetwork.ts';
import { registerInStages, type Stage } from './stages.ts';
import { unetParameters } from './unet.ts';

/** One trained network of a model. */
export interface ModelStage {
  readonly network: NetworkOptions;
  /** How many times coarser its grid is than the model's. */
  readonly reduction: number;
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
}

const stagesSchema = z.array(
  z.strictObject({
    reduction: z.int().positive(),
    encoder: z.array(z.int().positive()),
    decoder: z.array(z.int().positive()),
    remaining: z.array(z.int().positive()),
    halfResolution: z.boolean(),
    integrationSteps: z.int().min(0),
  }),
);

const FORMAT = 'earthmorph.format';
const STAGES = 'earthmorph.stages';
const PREPROCESSING = 'earthmorph.preprocessing';
const RECORD = 'earthmorph.record';

/** Extents of a network's volumes, [D, H, W]. */
export type Extent = readonly [number, number, number];

/** Prefix of a stage's weights in a model file: none for the last, `stage0.`, `stage1.` … for those before it. */
function prefixOf(index: number, count: number): string {
  return index === count - 1 ? '' : `stage${index}.`;
}

/** The stages of a model with their weights as constants of a graph. */
export function constantStages(graph: Graph, stages: readonly ModelStage[], count = stages.length): Stage[] {
  return stages.map(({ network, reduction, parameters }, index) => ({
    network,
    reduction,
    parameters: constantParameters(graph, parameters, unetParameters(network), prefixOf(index, count)),
  }));
}

/**
 * The computation of a model: `moving` and `fixed`, [1, 1, D, H, W], normalised, → `displacement`, [1, 3, D, H, W] in voxels, and `moved`.
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
 * Serialises a model as an `.onnx` file that any ONNX runtime can run at the size it was trained at. Its metadata carry the
 * preprocessing and the structure, its constants the weights by name, so that {@link decodeModel} needs nothing else.
 */
export function encodeModel(model: RegistrationModel): Uint8Array {
  const { size } = model.preprocessing;
  const { graph, outputs } = inferenceGraph(model, [size, size, size], PORTABLE_FEATURES);
  return writeOnnx(
    toOnnx(graph, outputs, {
      metadata: {
        [FORMAT]: '1',
        [STAGES]: JSON.stringify(model.stages.map(({ network, reduction }) => ({ reduction, ...network }))),
        [PREPROCESSING]: JSON.stringify(model.preprocessing),
        [RECORD]: JSON.stringify(model.record),
      },
    }),
  );
}

/**
 * Reads a model file.
 * @throws UserError when it is no ONNX file, or none that EarthMorph wrote
 */
export function decodeModel(bytes: Uint8Array, name: string): RegistrationModel {
  const contents = readOnnx(bytes, name);
  const { metadata } = contents;
  if (metadata[FORMAT] !== '1')
    throw new UserError(
      `${name} is an ONNX model, but not one of EarthMorph's; give a model.onnx that "earthmorph train" wrote.`,
    );
  const structures = stagesSchema.parse(JSON.parse(metadata[STAGES] ?? '[]'));
  return {
    stages: structures.map(({ reduction, ...network }, index) => ({
      network,
      reduction,
      parameters: weightsOf(contents, network, prefixOf(index, structures.length), name),
    })),
    preprocessing: preprocessingSchema.parse(JSON.parse(metadata[PREPROCESSING] ?? '{}')),
    record: z.record(z.string(), z.string()).parse(JSON.parse(metadata[RECORD] ?? '{}')),
  };
}

function weightsOf({ constants }: OnnxContents, network: NetworkOptions, prefix: string, name: string): Float32Array {
  const specs = unetParameters(network);
  const flat = new Float32Array(parameterCount(specs));
  let start = 0;
  for (const spec of specs) {
    const stored = constants.get(prefix + spec.name);
    if (!stored || stored.shape.join() !== spec.shape.join())
      throw new UserError(
        `${name} lacks the weights "${prefix}${spec.name}"; take the model file that "earthmorph train" wrote.`,
      );
    flat.set(stored.data, start);
    start += stored.data.length;
  }
  return flat;
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
      `The first model was trained with ${differing} = ${other[differing]}, this one with ${own[differing]}; give both the same.`,
    );
  const ratio = preprocessing.size / coarse;
  if (!Number.isInteger(ratio))
    throw new UserError(
      `The size ${preprocessing.size} is no multiple of the first model's ${coarse}; choose one that is.`,
    );
  return first.stages.map((stage) => ({ ...stage, reduction: stage.reduction * ratio }));
}
