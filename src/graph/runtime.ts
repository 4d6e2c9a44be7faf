import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { DeviceError, UserError } from '../errors.ts';
import { given } from '../given.ts';
import { shortage } from '../memory.ts';
import { inLeastMemory } from './execution.ts';
import { graphMemory, runMemory } from './memory.ts';
import { toOnnx } from './model.ts';
import type { DataType, OnnxModel, TensorData } from './onnx/schema.ts';
import { writeOnnx } from './onnx/writer.ts';
import type { Graph, Tensor } from './tensor.ts';

/** Where a graph runs: an execution provider of ONNX Runtime. */
export const DEVICES = ['cpu', 'webgpu', 'cuda', 'coreml', 'dml'] as const;
export type Device = (typeof DEVICES)[number];

/** Options of {@link compile}. */
export interface RuntimeOptions {
  /** Execution provider (default `cpu`). */
  readonly device?: Device;
  /** Threads of the CPU provider (default: ONNX Runtime's choice, the number of cores). */
  readonly threads?: number;
  /**
   * Whether threads that wait for work spin (default false): steps of many small operations take less time, and the
   * cores are busy while nothing is to do. For long work on cores that nothing else needs.
   */
  readonly spins?: boolean;
  /**
   * Whether the program is compiled in at most half the time (default false), without the runtime's own improvements of
   * a graph. They speed up convolutions and large volumes. Same numbers, up to rounding.
   */
  readonly quick?: boolean;
  /** Writes ONNX Runtime's own profile to a file that begins with this name (Node only). */
  readonly profile?: string;
  /** Bytes that a run on the CPU may take (default: what is free). */
  readonly memory?: number;
  /** Whether equal operations are done once (default true); not where they are done twice on purpose. */
  readonly mergeEqual?: boolean;
  /** What to do where memory is short, as the end of a sentence. */
  readonly remedy?: string;
}

/** An array of known type and shape that enters or leaves a program. */
interface Values {
  readonly data: TensorData;
  readonly shape: readonly number[];
  readonly type: DataType;
}

type Feed = Float32Array | Values;

/** A compiled graph. */
export class Program {
  constructor(
    private readonly session: InferenceSession,
    private readonly makeTensor: TensorConstructor,
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
  ) {}

  /**
   * Runs the program.
   * @param feeds arrays by input name; a bare Float32Array takes the input's declared shape
   * @returns float32 arrays by output name
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Float32Array>> {
    const inputs: Record<string, OrtTensor> = {};
    for (const [name, feed] of Object.entries(feeds)) {
      const shape = this.shapes.get(name);
      if (!shape) continue;
      inputs[name] =
        feed instanceof Float32Array
          ? new this.makeTensor('float32', feed, shape)
          : new this.makeTensor(feed.type, feed.data, feed.shape);
    }
    const outputs = await this.session.run(inputs);
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  /**
   * Runs the program where a displacement may have become something else than a number, which leads out of the volume
   * it is looked up in.
   * @returns the outputs, or nothing when that happened
   */
  async runOrNothing(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, Float32Array>>> {
    try {
      return await this.run(feeds);
    } catch (error) {
      if (error instanceof Error && error.message.includes('out of data bounds')) return {};
      throw error;
    }
  }

  /** Whether the program reads this input. */
  takes(name: string): boolean {
    return this.shapes.has(name);
  }

  /** Frees the memory that the runtime holds. */
  async release(): Promise<void> {
    await this.session.release();
  }

  /** Ends profiling, when it was asked for. */
  endProfiling(): void {
    this.session.endProfiling();
  }
}

type TensorConstructor = new (type: DataType, data: TensorData, shape: readonly number[]) => OrtTensor;

interface OnnxRuntime {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: unknown;
  readonly env: { logLevel?: string; readonly wasm: { numThreads?: number; wasmPaths?: unknown; proxy?: boolean } };
}

let loaded: Promise<OnnxRuntime> | undefined;

/**
 * ONNX Runtime for where we are: `package.json` says that it is onnxruntime-node in Node, onnxruntime-web in a
 * browser's bundle.
 */
function onnxRuntime(): Promise<OnnxRuntime> {
  // It would report to its makers, and leave two files a process in the folder for temporary ones.
  if (typeof process !== 'undefined' && process.env) process.env.ORT_DISABLE_TELEMETRY ??= '1';
  loaded ??= import('#onnxruntime') as unknown as Promise<OnnxRuntime>;
  return loaded;
}

/** Takes another build of ONNX Runtime than that for where we are, before anything is compiled. */
export function useRuntime(runtime: unknown): void {
  loaded = Promise.resolve(runtime as OnnxRuntime);
}

/**
 * Says how WebAssembly computes in a browser, before anything is compiled.
 * @param threads more than 1 need a page that is isolated from other origins
 * @param paths addresses of the runtime's module and WebAssembly; where its package lies when left out
 */
export async function useWasm(threads: number, paths?: { readonly mjs: string; readonly wasm: string }): Promise<void> {
  const { wasm } = (await onnxRuntime()).env;
  wasm.numThreads = threads;
  if (paths) wasm.wasmPaths = paths;
}

/**
 * Compiles the part of a graph that the outputs need; `given` tensors are worked out elsewhere and fed by their names.
 * @throws UserError where a run would need more memory than there is
 */
export async function compile(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  options: RuntimeOptions = {},
  given: readonly Tensor[] = [],
): Promise<Program> {
  assertMemory(graph, outputs, given, options);
  return loadModel(toOnnx(graph, outputs, { given }), options);
}

/**
 * Throws if there is not enough memory for a run of a graph. The memory of devices other than the CPU is not known
 * here.
 * @throws UserError where there is not
 */
export function assertMemory(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  given: readonly Tensor[],
  { device = 'cpu', memory, remedy = 'use larger voxels, a smaller grid or smaller patches' }: RuntimeOptions,
): void {
  const short = device === 'cpu' ? shortage(runMemory(graphMemory(graph, outputs, given)), memory) : undefined;
  if (short) throw new UserError(`The grid is too large: its computation needs ${short}; ${remedy}.`);
}

/** Compiles a model that was built in memory. */
export async function loadModel(model: OnnxModel, options: RuntimeOptions = {}): Promise<Program> {
  const shapes = new Map(model.inputs.map((input) => [input.name, input.shape]));
  const isCpu = (options.device ?? 'cpu') === 'cpu';
  return createProgram(writeOnnx(isCpu ? inLeastMemory(model, options.quick) : model), shapes, options);
}

/** Compiles the bytes of an `.onnx` file; the shapes of its inputs come from the file. */
export async function loadOnnx(bytes: Uint8Array, options: RuntimeOptions = {}): Promise<Program> {
  return createProgram(bytes, undefined, options);
}

async function createProgram(
  bytes: Uint8Array,
  shapes: ReadonlyMap<string, readonly number[]> | undefined,
  { device = 'cpu', threads, spins = false, quick = false, profile, mergeEqual = true }: RuntimeOptions,
): Promise<Program> {
  const runtime = await onnxRuntime();
  const session = await runtime.InferenceSession.create(bytes, {
    executionProviders: [providerOf(device)],
    graphOptimizationLevel: quick && device === 'cpu' ? 'disabled' : 'all',
    // A pattern keeps the memory of a whole run beside what other runs left behind: twice as much, for no time.
    enableMemPattern: false,
    extra: {
      session: { intra_op: { allow_spinning: spins ? '1' : '0' } },
      ...(mergeEqual ? {} : { optimization: { disable_specified_optimizers: 'CommonSubexpressionElimination' } }),
    },
    // What goes wrong is thrown; it is not printed too.
    logSeverityLevel: 4,
    ...given({ intraOpNumThreads: threads }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  }).catch((error: unknown) => {
    throw explain(error, device);
  });
  const known =
    shapes ??
    new Map(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? (input.shape as readonly number[]) : []]),
    );
  return new Program(session, runtime.Tensor as TensorConstructor, known);
}

function providerOf(device: Device): InferenceSession.ExecutionProviderConfig {
  if (device === 'cpu') return typeof window === 'undefined' ? 'cpu' : 'wasm';
  // Left to itself, WebGPU transposes every feature map around every convolution, some on the CPU.
  return device === 'webgpu' ? { name: 'webgpu', preferredLayout: 'NCHW' } : device;
}

function explain(error: unknown, device: Device): unknown {
  if (device === 'cpu') return error;
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  // What went wrong stands behind the place in ONNX Runtime's sources where it did.
  const reason = message.slice(message.lastIndexOf(' false. ') + 1).replace(/^false\. /, '');
  return new DeviceError(
    `The device "${device}" is not available here (${reason}); use --device cpu, or install what this device needs.`,
  );
}
