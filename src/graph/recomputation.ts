import { availableMemory } from '../memory.ts';
import { executionOrder } from './execution.ts';
import { bytesOf, graphMemory, memoryPeak, shownBy, tensorRoom } from './memory.ts';
import type { RuntimeOptions } from './runtime.ts';
import { elementCount, Graph, neededOperations, type Operation, type Tensor } from './tensor.ts';

type Outputs = Readonly<Record<string, Tensor>>;

/** A computation in less memory, and what that costs. */
interface Recomputed {
  readonly graph: Graph;
  readonly outputs: Outputs;
  /** Bytes at the peak. */
  readonly bytes: number;
  /** Operations that are done twice. */
  readonly repeated: number;
}

/** Results that are smaller than this share of all that is alive are not worth making again. */
const SMALLEST = 0.01;

/**
 * The same computation in at most so much memory: results that wait for the gradient are made again when it is worked
 * out. The same numbers come out, since the same operations make them; the runtime must not merge equal ones.
 *
 * The order of execution is cut in two where most is alive. What is made before and read behind may be forgotten at the
 * cut and made again there out of what is kept. Results are forgotten one at a time, first those that free most memory
 * for the work, as long as the peak falls, until it fits.
 *
 * @param budget bytes
 * @returns the computation itself where it fits already; the one of least memory that was found where none fits
 */
export function recomputed(graph: Graph, outputs: Outputs, budget: number): Recomputed {
  let best: Recomputed = { graph, outputs, bytes: graphMemory(graph, outputs), repeated: 0 };
  if (best.bytes <= budget) return best;
  const smallest = SMALLEST * best.bytes;
  const halves = new Halves(graph, outputs);
  const left = new Set([...halves.waiting].filter((tensor) => bytesOf(tensor) >= smallest));
  let forgotten: ReadonlySet<Tensor> = new Set();
  while (left.size > 0 && best.bytes > budget) {
    const tried = [...left]
      .map((tensor) => ({ tensor, worth: bytesOf(tensor) / halves.workOf(tensor, forgotten) }))
      .reduce((a, b) => (b.worth > a.worth ? b : a)).tensor;
    left.delete(tried);
    const more = new Set([...forgotten, tried]);
    const found = halves.rebuilt(more);
    if (found.bytes >= best.bytes) continue;
    best = found;
    forgotten = more;
  }
  return best;
}

/** {@link recomputed} for a run on a device: within the memory that it may take there. */
export function withinMemory(graph: Graph, outputs: Outputs, runtime: RuntimeOptions): Recomputed {
  const { device = 'cpu', memory = availableMemory() } = runtime;
  return recomputed(graph, outputs, device === 'cpu' ? tensorRoom(memory) : Number.POSITIVE_INFINITY);
}

/** A computation, cut where most is alive. */
class Halves {
  /** What is made in the first half and read in the second. */
  readonly waiting = new Set<Tensor>();
  readonly #first = new Set<Operation>();
  readonly #needed: readonly Operation[];

  constructor(
    private readonly graph: Graph,
    private readonly outputs: Outputs,
  ) {
    this.#needed = neededOperations(graph, Object.values(outputs));
    const order = executionOrder(this.#needed);
    const cut = order.indexOf(memoryPeak(graph, outputs).operation as Operation);
    for (const operation of order.slice(0, cut + 1)) this.#first.add(operation);
    const leaving = new Set(Object.values(outputs).map((tensor) => shownBy(tensor)));
    for (const { inputs } of order.slice(cut + 1))
      for (const input of inputs) {
        const shown = input && shownBy(input);
        if (shown && this.#isOfFirst(shown) && !leaving.has(shown)) this.waiting.add(shown);
      }
  }

  /** About how much work it is to make a result again: its operations' products, or their elements. */
  workOf(tensor: Tensor, forgotten: ReadonlySet<Tensor>): number {
    const counted = new Set<Operation>();
    const pending = [tensor];
    let work = 0;
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next !== tensor && !this.#isMadeAgain(next, forgotten)) continue;
      const operation = next.source as Operation;
      if (counted.has(operation)) continue;
      counted.add(operation);
      work += workOfOperation(operation);
      for (const input of operation.inputs) if (input) pending.push(input);
    }
    return work;
  }

  /** The computation in which results are forgotten at the cut. */
  rebuilt(forgotten: ReadonlySet<Tensor>): Recomputed {
    const graph = new Graph(this.graph.name);
    const early = new Map<Tensor, Tensor>();
    const again = new Map<Tensor, Tensor>();
    for (const input of this.graph.inputs) early.set(input, graph.input(input.name, input.shape, input.type));
    let repeated = 0;
    const made = (tensor: Tensor): Tensor => {
      const known = early.get(tensor);
      if (known) return known;
      const { source } = tensor;
      if (typeof source !== 'object' || !('data' in source))
        throw new Error(`${tensor.name} is read before it is made.`);
      const constant = graph.constant(source.data, tensor.shape, tensor.type);
      early.set(tensor, constant);
      return constant;
    };
    const apply = (
      { op, domain, inputs, outputs, attributes }: Operation,
      read: (tensor: Tensor) => Tensor,
      results: Map<Tensor, Tensor>,
    ): void => {
      const own = graph.applyMany(
        op,
        inputs.map((input) => input && read(input)),
        outputs.map(({ shape, type }) => ({ shape, type })),
        { attributes, domain },
      );
      for (const [k, output] of outputs.entries()) results.set(output, own[k] as Tensor);
    };
    const late = (tensor: Tensor): Tensor => {
      if (!this.#isMadeAgain(tensor, forgotten)) return made(tensor);
      if (!again.has(tensor)) {
        repeated++;
        apply(tensor.source as Operation, late, again);
      }
      return again.get(tensor) as Tensor;
    };
    for (const operation of this.#needed) apply(operation, this.#first.has(operation) ? made : late, early);
    const outputs = Object.fromEntries(Object.entries(this.outputs).map(([name, tensor]) => [name, made(tensor)]));
    return { graph, outputs, bytes: graphMemory(graph, outputs), repeated };
  }

  /** Whether the second half makes a result of the first again, rather than reading it. */
  #isMadeAgain(tensor: Tensor, forgotten: ReadonlySet<Tensor>): boolean {
    if (!this.#isOfFirst(tensor)) return false;
    const shown = shownBy(tensor);
    return this.#isOfFirst(shown) && (!this.waiting.has(shown) || forgotten.has(shown));
  }

  #isOfFirst({ source }: Tensor): boolean {
    return typeof source === 'object' && 'op' in source && this.#first.has(source);
  }
}

function workOfOperation({ op, inputs, outputs }: Operation): number {
  const count = outputs.reduce((sum, output) => sum + output.count, 0);
  if (op === 'Conv') return count * elementCount((inputs[1] as Tensor).shape.slice(1));
  if (op === 'MatMul' || op === 'Gemm') return count * (inputs[0] as Tensor).shape.at(-1)!;
  return count;
}
