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
import { type NetworkOptions, registrationNetwork } from './registrationNetwork.ts';
import { unetParameters } from './unet.ts';

/** A trained registration network: all that is needed to use it. */
export interface RegistrationModel {
  readonly network: NetworkOptions;
  readonly preprocessing: Preprocessing;
  /** All weights, one parameter after the other. */
  readonly parameters: Float32Array;
  /** Where it comes from: data, loss, seed, epochs; free text by name. */
  readonly record: Readonly<Record<string, string>>;
}

const networkSchema = z.strictObject({
  encoder: z.array(z.int().positive()),
  decoder: z.array(z.int().positive()),
  remaining: z.array(z.int().positive()),
  halfResolution: z.boolean(),
  integrationSteps: z.int().min(0),
});

const FORMAT = 'earthmorph.format';
const NETWORK = 'earthmorph.network';
const PREPROCESSING = 'earthmorph.preprocessing';
const RECORD = 'earthmorph.record';

/** Extents of a network's volumes, [D, H, W]. */
export type Extent = readonly [number, number, number];

/**
 * The computation of a model: `moving` and `fixed`, [1, 1, D, H, W], normalised, → `displacement`, [1, 3, D, H, W] in voxels, and `moved`.
 */
export function inferenceGraph(
  { network, parameters }: RegistrationModel,
  extent: Extent,
  features: FeatureOperators,
): { graph: Graph; outputs: { displacement: Tensor; moved: Tensor } } {
  const graph = new Graph('registration');
  const moving = graph.input('moving', [1, 1, ...extent]);
  const fixed = graph.input('fixed', [1, 1, ...extent]);
  const weights = constantParameters(graph, parameters, unetParameters(network));
  const { displacement, moved } = registrationNetwork(moving, fixed, weights, network, features);
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
        [NETWORK]: JSON.stringify(model.network),
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
  const network = networkSchema.parse(JSON.parse(metadata[NETWORK] ?? '{}'));
  return {
    network,
    preprocessing: preprocessingSchema.parse(JSON.parse(metadata[PREPROCESSING] ?? '{}')),
    parameters: weightsOf(contents, network, name),
    record: z.record(z.string(), z.string()).parse(JSON.parse(metadata[RECORD] ?? '{}')),
  };
}

function weightsOf({ constants }: OnnxContents, network: NetworkOptions, name: string): Float32Array {
  const specs = unetParameters(network);
  const flat = new Float32Array(parameterCount(specs));
  let start = 0;
  for (const spec of specs) {
    const stored = constants.get(spec.name);
    if (!stored || stored.shape.join() !== spec.shape.join())
      throw new UserError(
        `${name} lacks the weights "${spec.name}"; take the model file that "earthmorph train" wrote.`,
      );
    flat.set(stored.data, start);
    start += stored.data.length;
  }
  return flat;
}
