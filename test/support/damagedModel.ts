import { PbfWriter } from 'pbf';
import { type OnnxModel, PORTABLE_FEATURES, toOnnx, writeOnnx } from '../../src/graph/index.ts';
import { inferenceGraph, type RegistrationModel } from '../../src/network/model.ts';

/** The bytes of a model file without a checksum, as earlier versions wrote them, after a change. */
export function changedModel(
  model: RegistrationModel,
  change: (onnx: OnnxModel, metadata: Record<string, string>) => OnnxModel = (onnx) => onnx,
): Uint8Array {
  const { size } = model.preprocessing;
  const { graph, outputs } = inferenceGraph(model, [size, size, size], PORTABLE_FEATURES);
  const metadata = {
    'earthmorph.format': '1',
    'earthmorph.stages': JSON.stringify(
      model.stages.map(({ network, reduction }) => ({ reduction, ...(network.options as object) })),
    ),
    'earthmorph.preprocessing': JSON.stringify(model.preprocessing),
    'earthmorph.record': JSON.stringify(model.record),
  };
  const onnx = toOnnx(graph, outputs, { metadata });
  return writeOnnx(change({ ...onnx, metadata }, metadata));
}

/** A model file with other values in one of its settings. */
export function changedSettings(model: RegistrationModel, values: Readonly<Record<string, unknown>>): Uint8Array {
  return changedModel(model, (onnx, metadata) => {
    const [stage] = JSON.parse(metadata['earthmorph.stages'] as string) as Record<string, unknown>[];
    return { ...onnx, metadata: { ...metadata, 'earthmorph.stages': JSON.stringify([{ ...stage, ...values }]) } };
  });
}

/** A model file whose constants have other values or shapes. */
export function changedWeights(
  model: RegistrationModel,
  change: (constant: OnnxModel['constants'][number]) => OnnxModel['constants'][number],
): Uint8Array {
  return changedModel(model, (onnx) => ({ ...onnx, constants: onnx.constants.map(change) }));
}

/** A model file that keeps its first weights in a file beside it, as other programs do with large models. */
export function externalModel(model: RegistrationModel): Uint8Array {
  const whole = changedModel(model, (onnx) => ({ ...onnx, constants: [] }));
  const pbf = new PbfWriter();
  pbf.writeMessage(
    7,
    (_, graph) =>
      graph.writeMessage(
        5,
        (__, constant) => {
          for (const extent of [4, 2, 3, 3, 3]) constant.writeVarintField(1, extent);
          constant.writeVarintField(2, 1);
          constant.writeStringField(8, 'encoder0.weight');
          constant.writeVarintField(14, 1);
        },
        null,
      ),
    null,
  );
  return Buffer.concat([whole, pbf.finish()]);
}
