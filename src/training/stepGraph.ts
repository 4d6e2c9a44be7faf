import { add, type FeatureOperators, Graph, gradients, multiply, type Tensor } from '../graph/index.ts';
import { buildSimilarity, type ChosenSimilarity } from '../loss/registry.ts';
import { RandomInputs } from '../loss/similarity.ts';
import { smoothness } from '../loss/smoothness.ts';
import { constantStages, type ModelStage } from '../network/model.ts';
import { parameterCount, unpackParameters } from '../network/parameters.ts';
import type { NetworkOptions, Registered } from '../network/registrationNetwork.ts';
import { warpMask } from '../network/spatialTransformer.ts';
import { registerInStages } from '../network/stages.ts';
import { unetParameters } from '../network/unet.ts';
import { adam, clippedGradient, clippedToUsual } from './adam.ts';

/** What decides a training graph. */
export interface ObjectiveOptions {
  readonly network: NetworkOptions;
  /** Trained networks that align the pair first and stay as they are. */
  readonly before?: readonly ModelStage[];
  readonly loss: ChosenSimilarity;
  /** Weight λ of the smoothness penalty: loss = similarity + λ · smoothness. */
  readonly smoothness: number;
  /** Extents of the volumes, [D, H, W]. */
  readonly extent: readonly [number, number, number];
  readonly features: FeatureOperators;
  /** Whether the similarity counts only voxels in both fields of view: inputs `fixed_mask` and `moving_mask`. */
  readonly mask?: boolean;
  /** Longest gradient: a longer one is scaled down to it. */
  readonly clipGradient?: number;
  /** Longest gradient as a multiple of the usual length. */
  readonly clipGradientRatio?: number;
}

interface Objective extends Registered {
  readonly graph: Graph;
  readonly flat: Tensor;
  readonly loss: Tensor;
  readonly similarity: Tensor;
  readonly smoothness: Tensor;
  readonly random: RandomInputs;
}

/** Network and loss with inputs `parameters` (all weights, one after the other), `moving` and `fixed` ([1, 1, D, H, W]). */
export function objective(name: string, options: ObjectiveOptions): Objective {
  const graph = new Graph(name);
  const specs = unetParameters(options.network);
  const flat = graph.input('parameters', [parameterCount(specs)]);
  const moving = graph.input('moving', [1, 1, ...options.extent]);
  const fixed = graph.input('fixed', [1, 1, ...options.extent]);
  const random = new RandomInputs(graph);
  const before = options.before ?? [];
  const own = { network: options.network, parameters: unpackParameters(flat, specs), reduction: 1 };
  const stages = [...constantStages(graph, before, before.length + 1), own];
  const registered = registerInStages(moving, fixed, stages, options.features);
  const weight = options.mask ? fieldOfView(fixed, registered.displacement) : undefined;
  const similarity = buildSimilarity(options.loss, registered.moved, fixed, random, weight);
  const penalty = smoothness(registered.flow);
  const loss = add(similarity, multiply(penalty, options.smoothness));
  return { ...registered, graph, flat, loss, similarity, smoothness: penalty, random };
}

/** 1 where both volumes have data under the displacement; adds the inputs `fixed_mask` and `moving_mask`, of the volumes' shape. */
export function fieldOfView({ graph, shape }: Tensor, displacement: Tensor): Tensor {
  const fixedMask = graph.input('fixed_mask', shape);
  const movingMask = graph.input('moving_mask', shape);
  return multiply(fixedMask, warpMask(movingMask, displacement));
}

/** A graph with the tensors that leave it. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly random: RandomInputs;
}

/**
 * One training step as one graph: forward, loss, gradients, Adam.
 * Inputs: `parameters`, `first`, `second` (Adam's moments), `moving`, `fixed`, the scalars `rate`, `correction1`, `correction2`, and the
 * loss's random inputs. Outputs: `parameters`, `first`, `second` after the step as `next_…`, and `loss`, `similarity`, `smoothness`.
 */
export function trainingStep(options: ObjectiveOptions): BuiltGraph {
  const { graph, flat, loss, similarity, smoothness: penalty, random } = objective('training_step', options);
  const [gradient] = gradients(loss, [flat]) as [Tensor];
  const moments = { first: graph.input('first', flat.shape), second: graph.input('second', flat.shape) };
  const inputs = {
    rate: graph.input('rate', []),
    correction1: graph.input('correction1', []),
    correction2: graph.input('correction2', []),
  };
  const { clipGradient, clipGradientRatio } = options;
  const short = clipGradient === undefined ? gradient : clippedGradient(gradient, clipGradient);
  const limited =
    clipGradientRatio === undefined ? short : clippedToUsual(short, clipGradientRatio, moments, inputs.correction2);
  const next = adam(flat, limited, moments, inputs);
  return {
    graph,
    random,
    outputs: {
      next_parameters: next.parameters,
      next_first: next.moments.first,
      next_second: next.moments.second,
      loss,
      similarity,
      smoothness: penalty,
    },
  };
}

/** Loss and displacement without gradients, for validation. Outputs: `loss`, `similarity`, `smoothness`, `displacement`. */
export function validationStep(options: ObjectiveOptions): BuiltGraph {
  const { graph, loss, similarity, smoothness: penalty, displacement, random } = objective('validation_step', options);
  return { graph, random, outputs: { loss, similarity, smoothness: penalty, displacement } };
}
