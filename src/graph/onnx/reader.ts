import { PbfReader } from 'pbf';
import { UserError } from '../../errors.ts';

/** A float32 constant stored in a model file. */
interface StoredConstant {
  readonly shape: readonly number[];
  /** As many values as are there, which in a damaged file need not fill the shape. */
  readonly data: Float32Array;
  /** Whether the values are in another file. */
  readonly external: boolean;
}

/** What a model file carries beside its computation. */
export interface OnnxContents {
  /** Properties (metadata_props). */
  readonly metadata: Readonly<Record<string, string>>;
  /** Float32 constants by name. */
  readonly constants: ReadonlyMap<string, StoredConstant>;
}

const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const GRAPH_INITIALIZER = 5;
const FLOAT = 1;
const EXTERNAL = 1;

/** Ends what reaches beyond the file, where PbfReader goes on for as long as a damaged length says. */
class BoundedReader extends PbfReader {
  override readVarint(isSigned?: boolean): number {
    const value = super.readVarint(isSigned);
    if (!(this.pos <= this.length)) throw new RangeError('The file ends too early.');
    return value;
  }
}

/**
 * Reads the properties and the float32 constants of an `.onnx` file as {@link writeOnnx} writes it, without running
 * anything.
 * @throws UserError when the bytes are no ONNX model, or only the beginning of one
 */
export function readOnnx(bytes: Uint8Array, name: string): OnnxContents {
  const metadata: Record<string, string> = {};
  const constants = new Map<string, StoredConstant>();
  try {
    const reader = new BoundedReader(bytes);
    reader.readFields((tag, _, pbf) => {
      if (tag === MODEL_METADATA) {
        const { key, value } = pbf.readMessage(readProperty, { key: '', value: '' });
        metadata[key] = value;
      } else if (tag === MODEL_GRAPH) {
        pbf.readMessage((field, __, graph) => {
          if (field !== GRAPH_INITIALIZER) return;
          const constant = graph.readMessage(readConstant, {
            name: '',
            type: 0,
            shape: [],
            data: new Uint8Array(0),
            external: false,
          });
          if (constant.type !== FLOAT) return;
          constants.set(constant.name, {
            shape: constant.shape,
            data: new Float32Array(Uint8Array.from(constant.data).buffer),
            external: constant.external,
          });
        }, null);
      }
    }, null);
    if (reader.pos !== bytes.length) throw new RangeError('The file ends too early.');
  } catch {
    throw new UserError(`${name} is damaged or not an ONNX model; give a model.onnx that "earthmorph train" wrote.`);
  }
  return { metadata, constants };
}

function readProperty(tag: number, property: { key: string; value: string }, pbf: PbfReader): void {
  if (tag === 1) property.key = pbf.readString();
  if (tag === 2) property.value = pbf.readString();
}

interface RawConstant {
  name: string;
  type: number;
  shape: number[];
  data: Uint8Array;
  external: boolean;
}

function readConstant(tag: number, constant: RawConstant, pbf: PbfReader): void {
  if (tag === 1) constant.shape.push(pbf.readVarint());
  if (tag === 2) constant.type = pbf.readVarint();
  if (tag === 8) constant.name = pbf.readString();
  if (tag === 9) constant.data = pbf.readBytes();
  if (tag === 14) constant.external = pbf.readVarint() === EXTERNAL;
}
