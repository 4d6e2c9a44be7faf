/**
 * Times value and gradient of a loss. Usage: tsx bench/loss.ts <name> <edge> <repetitions> [options as JSON]. Prints
 * JSON.
 */
import { compile, Graph, gradients, type Tensor } from '../src/graph/index.ts';
import { buildSimilarity, chooseSimilarity } from '../src/loss/registry.ts';
import { RandomInputs } from '../src/loss/similarity.ts';
import { randomStream } from '../src/random.ts';
import { measured } from './measured.ts';

const [name = 'mse', edgeText = '48', repetitions = '10', settings = '{}'] = process.argv.slice(2);
const edge = Number(edgeText);
const graph = new Graph('loss');
const moved = graph.input('moved', [1, 1, edge, edge, edge]);
const fixed = graph.input('fixed', [1, 1, edge, edge, edge]);
const random = new RandomInputs(graph);
const value = buildSimilarity(chooseSimilarity(name, JSON.parse(settings)), moved, fixed, random);
const [gradient] = gradients(value, [moved]) as [Tensor];
const program = await compile(graph, { value, gradient }, { spins: true });
const stream = randomStream(1, 'bench');
const volume = (): Float32Array => Float32Array.from({ length: edge ** 3 }, () => stream.normal());
const pair = { moved: volume(), fixed: volume() };
const times: number[] = [];
for (let step = 0; step < Number(repetitions); step++) {
  const started = performance.now();
  await program.run({ ...pair, ...random.values(1, step) });
  times.push(performance.now() - started);
}
console.log(JSON.stringify(measured(times)));
