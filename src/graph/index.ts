export { sumOfChunks } from './chunked.ts';
export { blockedFeatures } from './features/blocked.ts';
export type { BlockSize } from './features/blockedLayout.ts';
export { detectBlockSize } from './features/blockSize.ts';
export { fastestFeatures } from './features/fastest.ts';
export type { FeatureMap, FeatureOperators, FeaturePart } from './features/features.ts';
export { PORTABLE_FEATURES } from './features/portable.ts';
export { gradients } from './gradient.ts';
export { hoisted } from './hoist.ts';
export { type MemoryPeak, memoryPeak } from './memory.ts';
export { toOnnx } from './model.ts';
export { type OnnxContents, readOnnx } from './onnx/reader.ts';
export type { OnnxModel } from './onnx/schema.ts';
export { writeOnnx } from './onnx/writer.ts';
export * from './operators/convolution.ts';
export * from './operators/elementwise.ts';
export * from './operators/gather.ts';
export * from './operators/layout.ts';
export * from './operators/linear.ts';
export * from './operators/matmul.ts';
export * from './operators/pooling.ts';
export * from './operators/reduce.ts';
export * from './operators/sort.ts';
export { recomputed, withinMemory } from './recomputation.ts';
export {
  assertMemory,
  compile,
  DEVICES,
  type Device,
  loadModel,
  loadOnnx,
  type Program,
  type RuntimeOptions,
} from './runtime.ts';
export { elementCount, Graph, type Shape, Tensor } from './tensor.ts';
