import { z } from 'zod';
import { checksum } from '../crc32.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { elementCount } from '../graph/index.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import type { Optimiser } from '../optimise/optimiser.ts';
import { type EpochRecord, epochRecordSchema } from './epochRecord.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.ts';

/** What stands before the names of the running mean's parameters in a checkpoint. */
const AVERAGE = 'average.';

/** All that a training run needs to go on. */
export interface TrainingState {
  /** Weights, one parameter after the other. */
  parameters: Float32Array;
  /** What the optimiser keeps, by name, in the order of the weights. */
  moments: Readonly<Record<string, Float32Array>>;
  /** The running mean of the weights, where one is kept. */
  average?: Float32Array;
  /** Steps of the optimiser taken. */
  step: number;
  /** Epochs finished. */
  epoch: number;
  /** Validation loss before training, then after each epoch. */
  losses: readonly number[];
  /** Seconds spent, over all sessions. */
  seconds: number;
}

/**
 * The run's first state: moments of 0, nothing done.
 * @param averaged whether a running mean of the weights is kept
 */
export function freshState(parameters: Float32Array, { moments }: Optimiser, averaged = false): TrainingState {
  return {
    parameters,
    ...(averaged && { average: parameters.slice() }),
    moments: Object.fromEntries(moments.map((name) => [name, new Float32Array(parameters.length)])),
    step: 0,
    epoch: 0,
    losses: [],
    seconds: 0,
  };
}

/** The weights that are judged and kept: their running mean, where there is one. */
export function keptWeights({ parameters, average }: TrainingState): Float32Array {
  return average ?? parameters;
}

/**
 * The running mean of the weights after a step. Early steps leave less of it, so that it forgets the first weights:
 * the share is (1 + step) / (10 + step) at most.
 */
export function averaged(average: Float32Array, parameters: Float32Array, share: number, step: number): Float32Array {
  const kept = Math.min(share, (1 + step) / (10 + step));
  return average.map((value, n) => value + (1 - kept) * (parameters[n]! - value));
}

function unpack(flat: Float32Array, specs: readonly ParameterSpec[], prefix: string): [string, StoredTensor][] {
  let start = 0;
  return specs.map(({ name, shape }) => {
    const data = flat.slice(start, start + elementCount(shape));
    start += data.length;
    return [prefix + name, { shape, data }];
  });
}

function pack(
  tensors: ReadonlyMap<string, StoredTensor>,
  specs: readonly ParameterSpec[],
  prefix: string,
  file: string,
): Float32Array {
  const parts = specs.map(({ name, shape }) => {
    const found = tensors.get(prefix + name);
    if (!found || found.shape.join() !== shape.join())
      throw new UserError(`${file} does not hold the parameter "${prefix}${name}" of this run's network.`);
    return found.data;
  });
  const flat = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let start = 0;
  for (const part of parts) {
    flat.set(part, start);
    start += part.length;
  }
  return flat;
}

/** A state with the records of its epochs. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** One an epoch; undefined in checkpoints that were written before they held them. */
  readonly records: readonly EpochRecord[] | undefined;
}

/**
 * Serialises a state. Each parameter has its name; its moments have the name of the moment before it (`first.`).
 * Metadata hold the counters, the records of the epochs and a checksum of everything.
 */
export function encodeCheckpoint(
  { parameters, moments, average, ...counters }: TrainingState,
  specs: readonly ParameterSpec[],
  records: readonly EpochRecord[],
): Uint8Array {
  const texts = { counters: JSON.stringify(counters), records: JSON.stringify(records) };
  return encodeSafetensors({
    tensors: new Map([
      ...unpack(parameters, specs, ''),
      ...Object.entries(moments).flatMap(([name, values]) => unpack(values, specs, `${name}.`)),
      ...(average ? unpack(average, specs, AVERAGE) : []),
    ]),
    metadata: {
      ...texts,
      checksum: checksum([
        texts.counters,
        texts.records,
        parameters,
        ...Object.values(moments),
        ...(average ? [average] : []),
      ]),
    },
  });
}

/** Serialises weights alone. */
export function encodeWeights(parameters: Float32Array, specs: readonly ParameterSpec[]): Uint8Array {
  return encodeSafetensors({ tensors: new Map(unpack(parameters, specs, '')), metadata: {} });
}

const countersSchema = z
  .strictObject({
    step: z.int().min(0),
    epoch: z.int().min(1),
    // A loss that is not a number is null in JSON.
    losses: z.array(
      z
        .number()
        .nullable()
        .transform((loss) => loss ?? Number.NaN),
    ),
    seconds: z.number().min(0),
  })
  .refine(({ losses, epoch }) => losses.length === epoch + 1);

/**
 * Reads a checkpoint.
 * @param isAveraged whether it must hold a running mean of the weights
 * @throws UserError when the file is damaged, or of another network or optimiser
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  specs: readonly ParameterSpec[],
  optimiser: Optimiser,
  file: string,
  isAveraged = false,
): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const parameters = pack(tensors, specs, '', file);
  const moments = Object.fromEntries(optimiser.moments.map((name) => [name, pack(tensors, specs, `${name}.`, file)]));
  const average = isAveraged ? pack(tensors, specs, AVERAGE, file) : undefined;
  const numbers = [parameters, ...Object.values(moments), ...(average ? [average] : [])];
  const { counters: text = '', records: recordsText, checksum: known } = metadata;
  const counters = countersSchema.safeParse(json(text));
  const records = z.array(epochRecordSchema).safeParse(json(recordsText ?? '[]'));
  const isWhole = numbers.every((values) => values.every(Number.isFinite));
  const isSame = known === undefined || known === checksum([text, recordsText ?? '', ...numbers]);
  if (!counters.success || !records.success || !isWhole || !isSame)
    throw new UserError(`${file} is damaged: its numbers are not those that were written.`);
  const { epoch } = counters.data;
  if (recordsText !== undefined && records.data.some((record, index) => record.epoch !== index + 1))
    throw new UserError(`${file} is damaged: its epochs are not in order.`);
  return {
    state: { parameters, moments, ...given({ average }), ...counters.data },
    records: recordsText === undefined ? undefined : (json(recordsText) as readonly EpochRecord[]).slice(0, epoch),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
