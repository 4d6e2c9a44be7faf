import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Time that the nodes of one operator took in a step, the mean over the steps that were profiled. */
export interface OperatorTime {
  readonly operator: string;
  readonly where: 'cpu' | 'gpu';
  readonly milliseconds: number;
  readonly calls: number;
  /** Multiplications and additions of convolutions and matrix products; 0 for other operators. */
  readonly operations: number;
}

type Shapes = readonly Readonly<Record<string, readonly number[]>>[];

interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: {
    readonly op_name?: string;
    readonly provider?: string;
    readonly input_type_shape?: Shapes;
    readonly output_type_shape?: Shapes;
  };
}

/**
 * Times by operator in a profile of ONNX Runtime. Kernels of a graphics card stand there as `Api`, by its own clock;
 * its nodes stand there too, with the time in which they were handed over, and are left out.
 * @param prefix the beginning of the profile's file name
 */
export function operatorTimes(prefix: string): OperatorTime[] {
  const folder = dirname(prefix);
  const file = readdirSync(folder).find((name) => name.startsWith(`${basename(prefix)}_`)) as string;
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
  const runs = events.filter(({ name }) => name === 'model_run').length;
  const found = new Map<string, { -readonly [key in keyof OperatorTime]: OperatorTime[key] }>();
  for (const { cat, name = '', dur = 0, args } of events) {
    const isKernel = cat === 'Api';
    const isNode = cat === 'Node' && name.endsWith('_kernel_time') && args?.provider === 'CPUExecutionProvider';
    if (!isKernel && !isNode) continue;
    const operator = isKernel ? (name.split('&')[1] ?? name) : (args?.op_name ?? name);
    const where = isKernel ? 'gpu' : 'cpu';
    const key = `${operator} ${where}`;
    const entry = found.get(key) ?? { operator, where, milliseconds: 0, calls: 0, operations: 0 };
    entry.milliseconds += dur / 1e3 / runs;
    entry.calls += 1 / runs;
    entry.operations += operationsOf(args) / runs;
    found.set(key, entry);
  }
  return [...found.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Two for each product that is added to a sum. */
function operationsOf({ op_name, input_type_shape = [], output_type_shape = [] }: ProfileEvent['args'] = {}): number {
  const count = (lengths: readonly number[]): number => lengths.reduce((product, length) => product * length, 1);
  const [a = [], b = []] = input_type_shape.map((shape) => Object.values(shape)[0] ?? []);
  const out = Object.values(output_type_shape[0] ?? {})[0] ?? [];
  if (op_name === 'Conv') return 2 * count(out) * count(b.slice(1));
  if (op_name === 'MatMul') return 2 * count(out) * (a.at(-1) ?? 0);
  return op_name === 'Gemm' ? (2 * count(out) * count(a)) / (out[0] ?? 1) : 0;
}
