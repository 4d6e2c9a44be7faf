/**
 * Times one training step of the paper's network, or of another. Usage: tsx bench/trainingStep.ts <edge, or as
 * 160x192x224> <steps> [loss] [its options as JSON] [network] [its options as JSON] [--threads n]. Prints JSON; where a
 * network is named, with one thread, and how many weights it has and the seconds of processor time of a step, which
 * other work beside it changes less.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { measured } from './measured.ts';
import { extentOf, stepOf } from './step.ts';

const { values, positionals } = parseArgs({ options: { threads: { type: 'string' } }, allowPositionals: true });
const [edge = '48', steps = '10', loss = 'mse', lossOptions = '{}', network, networkOptions = '{}'] = positionals;
const threads = Number(values.threads ?? (network === undefined ? availableParallelism() : 1));
const step = await stepOf({
  extent: extentOf(edge),
  loss,
  lossOptions: JSON.parse(lossOptions),
  network,
  networkOptions: JSON.parse(networkOptions),
  runtime: { threads, spins: true },
});
const times: number[] = [];
const before = process.cpuUsage();
for (let taken = 0; taken < Number(steps); taken++) {
  const started = performance.now();
  await step.run();
  times.push(performance.now() - started);
}
const { user, system } = process.cpuUsage(before);
const more = { weights: step.weights, processorSeconds: Number(((user + system) / 1e6 / times.length).toFixed(3)) };
console.log(JSON.stringify({ ...measured(times), ...(network !== undefined && more) }));
