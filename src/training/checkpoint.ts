import { UserError } from '../errors.ts';
import { elementCount } from '../graph/index.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.ts';

/** All that a training run needs to go on. */
export interface TrainingState {
  /** Weights and Adam's moments, one parameter after the other. */
  parameters: Float32Array;
  first: Float32Array;
  second: Float32Array;
  /** Steps of Adam taken. */
  step: number;
  /** Epochs finished. */
  epoch: number;
  /** Validation loss before training, then after each epoch. */
  losses: readonly number[];
  /** Seconds spent, over all sessions. */
  seconds: number;
}

/** The run's first state: no moments, nothing done. */
export function freshState(parameters: Float32Array): TrainingState {
  return {
    parameters,
    first: new Float32Array(parameters.length),
    second: new Float32Array(parameters.length),
    step: 0,
    epoch: 0,
    losses: [],
    seconds: 0,
  };
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
      throw new UserError(
        `${file} does not hold the parameter "${prefix}${name}" of this network; was the configuration changed?`,
      );
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

/** Serialises a state: each parameter by its name, its moments with the prefixes `first.` and `second.`, the counters as metadata. */
export function encodeCheckpoint(state: TrainingState, specs: readonly ParameterSpec[]): Uint8Array {
  const { parameters, first, second, ...counters } = state;
  return encodeSafetensors({
    tensors: new Map([
      ...unpack(parameters, specs, ''),
      ...unpack(first, specs, 'first.'),
      ...unpack(second, specs, 'second.'),
    ]),
    metadata: { counters: JSON.stringify(counters) },
  });
}

/** Serialises weights alone. */
export function encodeWeights(parameters: Float32Array, specs: readonly ParameterSpec[]): Uint8Array {
  return encodeSafetensors({ tensors: new Map(unpack(parameters, specs, '')), metadata: {} });
}

/** Reads the weights of either kind of file. @throws UserError when they are not this network's */
export function decodeWeights(bytes: Uint8Array, specs: readonly ParameterSpec[], file: string): Float32Array {
  return pack(decodeSafetensors(bytes, file).tensors, specs, '', file);
}

/** Reads a state. @throws UserError when the file is damaged or of another network */
export function decodeCheckpoint(bytes: Uint8Array, specs: readonly ParameterSpec[], file: string): TrainingState {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const counters = JSON.parse(metadata.counters ?? '{}') as Omit<TrainingState, 'parameters' | 'first' | 'second'>;
  if (!Array.isArray(counters.losses))
    throw new UserError(`${file} was written by an older version of EarthMorph; start the run anew in another folder.`);
  return {
    parameters: pack(tensors, specs, '', file),
    first: pack(tensors, specs, 'first.', file),
    second: pack(tensors, specs, 'second.', file),
    ...counters,
  };
}
