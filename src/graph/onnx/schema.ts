/** The part of the ONNX intermediate representation that the writer uses (onnx.proto, IR version 8). */

/** Element types by their number in ONNX's TensorProto.DataType. */
export const ONNX_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** Element type of a tensor. */
export type DataType = keyof typeof ONNX_TYPE;

/** Values of a constant: one typed array per element type (bool as bytes). */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** Value of a node's attribute; a number is written as an integer unless it is wrapped by {@link float}. */
export type Attribute = number | string | readonly number[] | FloatAttribute | FloatsAttribute;

/** A floating-point attribute, kept apart from an integer one. */
interface FloatAttribute {
  readonly float: number;
}

/** Floating-point numbers as one attribute, kept apart from integers. */
interface FloatsAttribute {
  readonly floats: readonly number[];
}

/** Marks a number as a floating-point attribute. */
export function float(value: number): FloatAttribute {
  return { float: value };
}

/** Marks numbers as a floating-point attribute. */
export function floats(values: readonly number[]): FloatsAttribute {
  return { floats: values };
}

/** One operation of the model. */
export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** Names of tensors; an empty name stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named tensor that enters or leaves the model. */
export interface OnnxValue {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
}

/** A constant stored in the model. */
export interface OnnxConstant extends OnnxValue {
  readonly data: TensorData;
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  readonly metadata: Readonly<Record<string, string>>;
}
