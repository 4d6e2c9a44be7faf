import { detectBlockSize } from '../../src/graph/index.ts';
import { useWasm } from '../../src/graph/runtime.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { median } from '../../src/metric/statistics.ts';
import { decodeModel } from '../../src/network/model.ts';
import { REFINE_DEFAULTS } from '../../src/registration/refine.ts';
import { Registrar, type RegistrarOptions } from '../../src/registration/register.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { stepOf } from '../step.ts';

/** What the engine takes somewhere, in milliseconds: medians without the first, which compiles. */
export interface EngineTimes {
  /** Channels in a block that the kernels know here; 0: channels lie one after the other. */
  readonly block: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly registration: number;
  readonly refinement: number;
}

const EDGES = [32, 48];
const REPETITIONS = 5;
const REFINE_STEPS = 20;

export { useWasm };

/**
 * Times training steps of the paper's network, a registration with a model and a refinement of the same pair.
 * @param model bytes of the model's file
 * @param spins whether threads of a training do, as in Node where the cores are free
 */
export async function engineTimes(model: Uint8Array, threads: number, spins: boolean): Promise<EngineTimes> {
  const runtime = { threads };
  const steps: Record<string, number> = {};
  for (const edge of EDGES) {
    const step = await stepOf({ extent: [edge, edge, edge], runtime: { ...runtime, spins } });
    steps[`${edge}³`] = await repeated(() => step.run());
    await step.program.release();
  }
  const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 7, index, size: [40, 56, 40] }).image);
  const registered = async (registrar: Registrar): Promise<number> => {
    const time = await repeated(() => registrar.register({ fixed: fixed!, moving: moving! }));
    await registrar.release();
    return time;
  };
  const settings: RegistrarOptions = { runtime };
  const refine = { ...REFINE_DEFAULTS, loss: chooseSimilarity('ncc'), steps: REFINE_STEPS };
  return {
    block: await detectBlockSize(),
    steps,
    registration: await registered(new Registrar(decodeModel(model, 'model'), settings)),
    refinement: await registered(new Registrar(undefined, { ...settings, refine })),
  };
}

async function repeated(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run <= REPETITIONS; run++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return median(times.slice(1));
}
