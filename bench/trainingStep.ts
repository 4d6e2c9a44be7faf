/**
 * Times one training step of the paper's network, or of another. Usage: tsx bench/trainingStep.ts <edge> <steps> [loss]
 * [its options as JSON] [network] [its options as JSON]. Prints JSON; where a network is named, with one thread, and
 * how many weights it has and the seconds of processor time of a step, which other work beside it changes less.
 */
import { compile, fastestFeatures } from '../src/graph/index.ts';
import { chooseSimilarity } from '../src/loss/registry.ts';
import { initialParameters } from '../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../src/network/registry.ts';
import { adamOptimiser, adamValues } from '../src/optimise/adam.ts';
import { randomStream } from '../src/random.ts';
import { freshState } from '../src/training/checkpoint.ts';
import { trainingStep } from '../src/training/stepGraph.ts';
import { measured } from './measured.ts';

const edge = Number(process.argv[2] ?? 48);
const steps = Number(process.argv[3] ?? 10);
const loss = chooseSimilarity(process.argv[4] ?? 'mse', JSON.parse(process.argv[5] ?? '{}'));
const named = process.argv[6];
const network = chooseNetwork(named, JSON.parse(process.argv[7] ?? '{}'));
const { graph, outputs, random } = trainingStep({
  network,
  loss,
  smoothness: 0.01,
  extent: [edge, edge, edge],
  features: await fastestFeatures('cpu'),
});
const program = await compile(graph, outputs, named === undefined ? { spins: true } : { threads: 1 });
const stream = randomStream(1, 'bench');
const volume = (): Float32Array => Float32Array.from({ length: edge ** 3 }, () => stream.uniform());
const pair = { moving: volume(), fixed: volume() };
const state = freshState(initialParameters(networkParameters(network), 1), adamOptimiser);
const times: number[] = [];
const before = process.cpuUsage();
for (let step = 1; step <= steps; step++) {
  const started = performance.now();
  const result = await program.run({
    parameters: state.parameters,
    ...state.moments,
    ...pair,
    ...adamValues(step, 1e-3),
    ...random.values(1, step),
  });
  times.push(performance.now() - started);
  state.parameters = result.next_parameters as Float32Array;
  state.moments = { first: result.next_first as Float32Array, second: result.next_second as Float32Array };
}
const { user, system } = process.cpuUsage(before);
const more = {
  weights: state.parameters.length,
  processorSeconds: Number(((user + system) / 1e6 / steps).toFixed(3)),
};
console.log(JSON.stringify({ ...measured(times), ...(named !== undefined && more) }));
