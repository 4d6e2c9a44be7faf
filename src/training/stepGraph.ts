import { UserError } from '../errors.ts';
import { add, type FeatureOperators, Graph, gradients, multiply, type Tensor } from '../graph/index.ts';
import { RandomInputs } from '../loss/similarity.ts';
import type { Registered } from '../network/family.ts';
import { constantStages, type ModelStage } from '../network/model.ts';
import { parameterCount, unpackParameters } from '../network/parameters.ts';
import { type ChosenNetwork, networkParameters } from '../network/registry.ts';
import { warp } from '../network/spatialTransformer.ts';
import { registerInStages } from '../network/stages.ts';
import { fieldOfView, type Objective, type ObjectiveTerms, objective } from '../objective/objective.ts';
import { clippedGradient, clippedToUsual } from '../optimise/clipping.ts';
import type { Optimiser } from '../optimise/optimiser.ts';
import { chooseOptimiser } from '../optimise/registry.ts';
import { fedSupervision, type Supervision } from './supervision.ts';

/** What decides a training graph. */
export interface TrainingGraphOptions extends ObjectiveTerms {
  readonly network: ChosenNetwork;
  /** Trained networks that align the pair first and stay as they are. */
  readonly before?: readonly ModelStage[];
  /** Extents of the volumes, [D, H, W]. */
  readonly extent: readonly [number, number, number];
  readonly features: FeatureOperators;
  /** What is trained on beside the images, and the weight of its term. */
  readonly supervision?: Supervision;
  readonly supervisionWeight?: number;
  /** Whether the similarity counts only voxels in both fields of view: inputs `fixed_mask` and `moving_mask`. */
  readonly mask?: boolean;
  /** Whether the fixed volume, moved by the inverse, is compared with the moving one too, and its labels. */
  readonly symmetric?: boolean;
  /** Whether gradients of several pairs are gathered before a step: inputs `gathered` and `part`. */
  readonly gathers?: boolean;
  /** Adam when left out. */
  readonly optimiser?: Optimiser;
  /** Longest gradient: a longer one is scaled down to it. */
  readonly clipGradient?: number;
  /** Longest gradient as a multiple of the usual length, for an optimiser with `squares`. */
  readonly clipGradientRatio?: number;
}

interface TrainingObjective extends Registered, Objective {
  readonly graph: Graph;
  readonly flat: Tensor;
  readonly random: RandomInputs;
}

/**
 * Network and loss with inputs `parameters` (all weights, one after the other), `moving` and `fixed` ([1, 1, D, H, W]).
 */
export function trainingObjective(name: string, options: TrainingGraphOptions): TrainingObjective {
  const graph = new Graph(name);
  const specs = networkParameters(options.network);
  const flat = graph.input('parameters', [parameterCount(specs)]);
  const moving = graph.input('moving', [1, 1, ...options.extent]);
  const fixed = graph.input('fixed', [1, 1, ...options.extent]);
  const random = new RandomInputs(graph);
  const before = options.before ?? [];
  const own = { network: options.network, parameters: unpackParameters(flat, specs), reduction: 1 };
  const stages = [...constantStages(graph, before, before.length + 1), own];
  const registered = registerInStages(moving, fixed, stages, options.features);
  const { moved, displacement } = registered;
  const inverse = options.symmetric ? inverseOf(registered) : undefined;
  const masks = options.mask && (['fixed', 'moving'] as const).map((side) => graph.input(`${side}_mask`, fixed.shape));
  const counted = (of: number, by: Tensor): { readonly counts?: Tensor } =>
    masks ? { counts: fieldOfView(masks[of]!, masks[1 - of]!, by) } : {};
  const pair = { moved, fixed, random, ...counted(0, displacement) };
  const back = inverse && { moved: warp(fixed, inverse), fixed: moving, random, ...counted(1, inverse) };
  const terms = objective(pair, registered, options, back);
  const { supervision, supervisionWeight = 1 } = options;
  const loss = supervision
    ? add(terms.loss, multiply(fedSupervision(graph, displacement, supervision, inverse), supervisionWeight))
    : terms.loss;
  return { ...registered, ...terms, loss, graph, flat, random };
}

/** @throws UserError of a network that knows no inverse */
function inverseOf({ inverse }: Registered): Tensor {
  if (inverse) return inverse();
  throw new UserError(
    'The setting "symmetric" needs an invertible deformation; give each network integration steps, such as --integration-steps 5.',
  );
}

/** A graph with the tensors that leave it. */
interface BuiltGraph {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly random: RandomInputs;
}

/**
 * One training step as one graph: forward, loss, gradients, optimiser. Inputs: `parameters`, the optimiser's moments
 * (of Adam `first`, `second`), `moving`, `fixed`, the scalars `rate` and the optimiser's corrections (`correction1`,
 * `correction2`), and the loss's random inputs. Outputs: parameters and moments after the step as `next_…`, and `loss`,
 * `similarity`, `smoothness`. If gradients of pairs are gathered, the gradient is `gathered` plus `part` times the
 * pair's own. It leaves as `next_gathered` and is fed in with the next pair.
 */
export function trainingStep(options: TrainingGraphOptions): BuiltGraph {
  const { graph, flat, loss, similarity, penalty, random } = trainingObjective('training_step', options);
  const [own] = gradients(loss, [flat]) as [Tensor];
  const gradient = options.gathers
    ? add(graph.input('gathered', flat.shape), multiply(own, graph.input('part', [])))
    : own;
  const { optimiser = chooseOptimiser(), clipGradient, clipGradientRatio } = options;
  const moments = Object.fromEntries(optimiser.moments.map((name) => [name, graph.input(name, flat.shape)]));
  const names = ['rate', ...Object.keys(optimiser.corrections(1))];
  const scalars = Object.fromEntries(names.map((name) => [name, graph.input(name, [])])) as Record<'rate', Tensor>;
  const short = clipGradient === undefined ? gradient : clippedGradient(gradient, clipGradient);
  const next = optimiser.step(flat, limited(short, optimiser, moments, scalars, clipGradientRatio), moments, scalars);
  return {
    graph,
    random,
    outputs: {
      next_parameters: next.parameters,
      ...(options.gathers && { next_gathered: gradient }),
      ...Object.fromEntries(optimiser.moments.map((name) => [`next_${name}`, next.moments[name] as Tensor])),
      loss,
      similarity,
      smoothness: penalty,
    },
  };
}

/** The gradient, shortened to a multiple of the usual length where one is asked for. */
function limited(
  gradient: Tensor,
  { squares }: Optimiser,
  moments: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, Tensor>>,
  ratio: number | undefined,
): Tensor {
  const second = squares && moments[squares.moment];
  const correction = squares && scalars[squares.correction];
  return ratio === undefined || !second || !correction ? gradient : clippedToUsual(gradient, ratio, second, correction);
}

/**
 * Loss and displacement without gradients, for validation. Outputs: `loss`, `similarity`, `smoothness`, `displacement`.
 */
export function validationStep(options: TrainingGraphOptions): BuiltGraph {
  const { graph, loss, similarity, penalty, displacement, random } = trainingObjective('validation_step', options);
  return { graph, random, outputs: { loss, similarity, smoothness: penalty, displacement } };
}
