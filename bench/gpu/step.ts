/**
 * Times a training step on one device. Usage: step.ts <options as JSON>, see {@link StepOptions}. Prints JSON, see
 * {@link StepResult}.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { given } from '../../src/given.ts';
import { compile, type Device } from '../../src/graph/index.ts';
import { median } from '../../src/metric/statistics.ts';
import { initialParameters } from '../../src/network/parameters.ts';
import { networkParameters } from '../../src/network/registry.ts';
import { optimiserValues } from '../../src/optimise/optimiser.ts';
import { chooseOptimiser } from '../../src/optimise/registry.ts';
import { randomStream } from '../../src/random.ts';
import { freshState } from '../../src/training/checkpoint.ts';
import { PRESETS, trainingConfig } from '../../src/training/configuration.ts';
import { trainingStep } from '../../src/training/stepGraph.ts';
import { graphOptions } from '../../src/training/trainer.ts';
import { type OperatorTime, operatorTimes } from './profile.ts';

/** What is timed. */
export interface StepOptions {
  readonly device: Device;
  /** Name of a set of settings; the training's defaults when left out. */
  readonly preset?: string;
  /** Settings that differ from it. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly edge: number;
  readonly steps: number;
  readonly threads?: number;
  /** File for the gradient of the first step, float32. */
  readonly gradient?: string;
  /** Beginning of the runtime's profile files: the last step is timed by operator then. */
  readonly profile?: string;
}

/** What a process says of it. */
export interface StepResult {
  /** Compiling, and the first step, which prepares the device. */
  readonly startMilliseconds: number;
  /** The median of the other steps. */
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  /** Peak memory of the process. */
  readonly megabytes: number;
  /** Memory of the graphics card in use after the steps, by all processes. */
  readonly cardMegabytes?: number;
  readonly loss: number;
  readonly operators?: readonly OperatorTime[];
}

/** Memory of the graphics card that is in use, in MB; nothing where its driver does not say. */
function cardMemory(): number | undefined {
  try {
    const said = execFileSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseFloat(said) * 1.048576;
  } catch {
    return undefined;
  }
}

async function timeStep(options: StepOptions): Promise<StepResult> {
  const { device, preset, edge, steps, threads, gradient, profile } = options;
  const config = trainingConfig({ ...(preset === undefined ? {} : PRESETS[preset]), ...options.settings, size: edge });
  const setting = await graphOptions(config, [edge, edge, edge], undefined, [], { device });
  const { graph, outputs, random } = trainingStep(setting);
  const optimiser = chooseOptimiser(config.optimiser);
  const started = performance.now();
  const program = await compile(graph, outputs, { device, ...given({ threads, profile }) });
  const stream = randomStream(1, 'bench');
  const volume = (): Float32Array => Float32Array.from({ length: edge ** 3 }, () => stream.uniform());
  const everywhere = new Float32Array(edge ** 3).fill(1);
  const pair = { moving: volume(), fixed: volume(), moving_mask: everywhere, fixed_mask: everywhere };
  const state = freshState(initialParameters(networkParameters(setting.network), 1), optimiser);
  const times: number[] = [];
  let loss = Number.NaN;
  let startMilliseconds = 0;
  let cpuBefore = process.cpuUsage();
  for (let step = 1; step <= steps; step++) {
    const begun = performance.now();
    const result = await program.run({
      parameters: state.parameters,
      ...state.moments,
      ...pair,
      ...optimiserValues(optimiser, step, config.rate),
      ...random.values(1, step),
    });
    times.push(performance.now() - begun);
    if (step === 1) {
      startMilliseconds = performance.now() - started;
      loss = (result.loss as Float32Array)[0] as number;
      // Adam's first moment after one step is a tenth of the gradient.
      if (gradient !== undefined) writeFileSync(gradient, result.next_first as Float32Array);
      cpuBefore = process.cpuUsage();
    }
    state.parameters = result.next_parameters as Float32Array;
    state.moments = Object.fromEntries(optimiser.moments.map((name) => [name, result[`next_${name}`] as Float32Array]));
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const cardMegabytes = device === 'cpu' ? undefined : cardMemory();
  if (profile !== undefined) program.endProfiling();
  return {
    startMilliseconds,
    milliseconds: median(times.slice(1)),
    cpuMilliseconds: (user + system) / 1e3 / (steps - 1),
    megabytes: process.resourceUsage().maxRSS / 1e3,
    loss,
    ...given({ cardMegabytes, operators: profile === undefined ? undefined : operatorTimes(profile) }),
  };
}

console.log(JSON.stringify(await timeStep(JSON.parse(process.argv[2] as string) as StepOptions)));
