import { PbfWriter } from 'pbf';
import {
  type Attribute,
  ONNX_TYPE,
  type OnnxConstant,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './schema.ts';

/** Version of the standard operator set that graphs are written for. */
const OPSET = 18;
const IR_VERSION = 8;

const AttributeKind = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

function writeAttribute([name, value]: [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, AttributeKind.int);
  } else if (typeof value === 'string') {
    pbf.writeBytesField(4, new TextEncoder().encode(value));
    pbf.writeVarintField(20, AttributeKind.string);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, AttributeKind.float);
  } else if ('floats' in value) {
    pbf.writePackedFloat(7, [...value.floats]);
    pbf.writeVarintField(20, AttributeKind.floats);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, AttributeKind.ints);
  }
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  if (node.domain) pbf.writeStringField(7, node.domain);
}

function writeConstant(constant: OnnxConstant, pbf: PbfWriter): void {
  for (const extent of constant.shape) pbf.writeVarintField(1, extent);
  pbf.writeVarintField(2, ONNX_TYPE[constant.type]);
  pbf.writeStringField(8, constant.name);
  const { buffer, byteOffset, byteLength } = constant.data;
  pbf.writeBytesField(9, new Uint8Array(buffer, byteOffset, byteLength));
}

function writeValue(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (__, tensor) => {
          tensor.writeVarintField(1, ONNX_TYPE[value.type]);
          tensor.writeMessage(
            2,
            (___, shape) => {
              for (const extent of value.shape)
                shape.writeMessage(1, (____, dimension) => dimension.writeVarintField(1, extent), null);
            },
            null,
          );
        },
        null,
      ),
    null,
  );
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const constant of model.constants) pbf.writeMessage(5, writeConstant, constant);
  for (const input of model.inputs) pbf.writeMessage(11, writeValue, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeValue, output);
}

/** Serialises a model to the bytes of an `.onnx` file. Little-endian machines only, as ONNX's raw data is. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'EarthMorph');
  pbf.writeMessage(7, writeGraph, model);
  const domains = new Set(['', ...model.nodes.map((node) => node.domain)]);
  for (const domain of domains) {
    pbf.writeMessage(
      8,
      (_, opset) => {
        if (domain) opset.writeStringField(1, domain);
        opset.writeVarintField(2, domain ? 1 : OPSET);
      },
      null,
    );
  }
  for (const entry of Object.entries(model.metadata)) {
    pbf.writeMessage(
      14,
      ([key, value], property) => {
        property.writeStringField(1, key);
        property.writeStringField(2, value);
      },
      entry,
    );
  }
  return pbf.finish();
}
