import { PbfReader } from 'pbf';
import { UserError } from '../../errors.ts';

/** The value names and properties that a model file carries beside its computation. */
export interface OnnxSummary {
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the producer and the metadata properties of an `.onnx` file without loading its graph.
 * @throws UserError when the bytes are no ONNX model.
 */
export function readOnnxSummary(bytes: Uint8Array, name: string): OnnxSummary {
  try {
    const found: { producer: string; metadata: Record<string, string> } = { producer: '', metadata: {} };
    new PbfReader(bytes).readFields((tag, result, pbf) => {
      if (tag === 2) result.producer = pbf.readString();
      if (tag !== 14) return;
      const entry = pbf.readMessage(
        (field, pair, inner) => {
          if (field === 1) pair.key = inner.readString();
          if (field === 2) pair.value = inner.readString();
        },
        { key: '', value: '' },
      );
      result.metadata[entry.key] = entry.value;
    }, found);
    return found;
  } catch {
    throw new UserError(
      `${name} is not an ONNX model; give a model.onnx that "earthmorph train" wrote, or its folder.`,
    );
  }
}
