/**
 * Times one pass of the paper's network over a pair of volumes. Usage: tsx bench/registration.ts <edge> <passes>.
 * Prints JSON.
 */

import { compile, fastestFeatures } from '../src/graph/index.ts';
import { inferenceGraph } from '../src/network/model.ts';
import { initialParameters } from '../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../src/network/registry.ts';
import { preprocessingSchema } from '../src/preparation/preprocessing.ts';
import { randomStream } from '../src/random.ts';
import { measured } from './measured.ts';

const edge = Number(process.argv[2] ?? 48);
const passes = Number(process.argv[3] ?? 10);
const network = chooseNetwork();
const parameters = initialParameters(networkParameters(network), 1);
const model = {
  stages: [{ network, reduction: 1, parameters }],
  preprocessing: preprocessingSchema.parse({}),
  record: {},
};
const { graph, outputs } = inferenceGraph(model, [edge, edge, edge], await fastestFeatures('cpu'));
const program = await compile(graph, { displacement: outputs.displacement });
const stream = randomStream(1, 'bench');
const volume = (): Float32Array => Float32Array.from({ length: edge ** 3 }, () => stream.uniform());
const pair = { moving: volume(), fixed: volume() };
const times: number[] = [];
for (let pass = 0; pass < passes; pass++) {
  const started = performance.now();
  await program.run(pair);
  times.push(performance.now() - started);
}
console.log(JSON.stringify(measured(times)));
