import { compile, fastestFeatures, type Program, type RuntimeOptions } from '../src/graph/index.ts';
import { chooseSimilarity } from '../src/loss/registry.ts';
import { initialParameters } from '../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../src/network/registry.ts';
import { adamOptimiser, adamValues } from '../src/optimise/adam.ts';
import { randomStream } from '../src/random.ts';
import { freshState } from '../src/training/checkpoint.ts';
import { trainingStep } from '../src/training/stepGraph.ts';

type Extent = readonly [number, number, number];

/** What is trained: the paper's network with `mse` where nothing else is said. */
export interface StepOptions {
  readonly extent: Extent;
  readonly loss?: string;
  readonly lossOptions?: Readonly<Record<string, unknown>>;
  readonly network?: string | undefined;
  readonly networkOptions?: Readonly<Record<string, unknown>>;
  readonly runtime?: RuntimeOptions;
}

/** A compiled training step, one pair a step. */
export interface Step {
  readonly program: Program;
  readonly weights: number;
  /** Takes the next step. */
  run(): Promise<void>;
}

/** `48`, or `160x192x224`. */
export function extentOf(text: string): Extent {
  const [depth = 0, height = depth, width = depth] = text.split('x').map(Number);
  return [depth, height, width];
}

/** Compiles a training step on random volumes. */
export async function stepOf(options: StepOptions): Promise<Step> {
  const { extent, loss = 'mse', lossOptions = {}, networkOptions = {}, runtime = {} } = options;
  const network = chooseNetwork(options.network, networkOptions);
  const { graph, outputs, random } = trainingStep({
    network,
    loss: chooseSimilarity(loss, lossOptions),
    smoothness: 0.01,
    extent,
    features: await fastestFeatures('cpu'),
  });
  const program = await compile(graph, outputs, runtime);
  const stream = randomStream(1, 'bench');
  const voxels = extent.reduce((count, length) => count * length, 1);
  const volume = (): Float32Array => Float32Array.from({ length: voxels }, () => stream.uniform());
  const pair = { moving: volume(), fixed: volume() };
  const state = freshState(initialParameters(networkParameters(network), 1), adamOptimiser);
  let step = 0;
  return {
    program,
    weights: state.parameters.length,
    async run() {
      step++;
      const result = await program.run({
        parameters: state.parameters,
        ...state.moments,
        ...pair,
        ...adamValues(step, 1e-3),
        ...random.values(1, step),
      });
      state.parameters = result.next_parameters as Float32Array;
      state.moments = { first: result.next_first as Float32Array, second: result.next_second as Float32Array };
    },
  };
}
