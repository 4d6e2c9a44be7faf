/**
 * EarthMorph: deformable 3-D medical image registration. This entry runs in Node and in a browser; what touches files
 * is in `earthmorph/node`.
 *
 * @packageDocumentation
 */

export { type CheckReport, checkDataset } from './dataset/check.ts';
export type {
  Case,
  Dataset,
  ImageFiles,
  IncompleteCase,
  OpenOptions,
  PairIds,
  PointsFile,
} from './dataset/dataset.ts';
export { type DataFolder, defineLayout, type Layout, type Listing } from './dataset/layout.ts';
export { layouts, registerLayout } from './dataset/layouts.ts';
export { fixedPairs, type Pair, trainingPairs } from './dataset/pairs.ts';
export { PAPER_SPLIT, type Split, type SplitFractions, splitCases } from './dataset/split.ts';
export type { Synthetic } from './dataset/synthetic.ts';
export { UserError } from './errors.ts';
export type { Device, RuntimeOptions } from './graph/index.ts';
export * as graph from './graph/index.ts';
export { type ChosenFilter, FILTER_SUMMARIES, type FilterName } from './loss/filters.ts';
export {
  buildSimilarity,
  type ChosenSimilarity,
  chooseSimilarity,
  registerSimilarity,
  similarities,
} from './loss/registry.ts';
export { smoothness } from './loss/regulariser/diffusion.ts';
export {
  type ChosenRegulariser,
  chooseRegulariser,
  registerRegulariser,
  regularisers,
} from './loss/regulariser/registry.ts';
export { type Deformation, defineRegulariser, type Regulariser } from './loss/regulariser/regulariser.ts';
export { defineSimilarity, RandomInputs, type Similarity } from './loss/similarity.ts';
export { type BootstrapMean, holm, type PairValue, pigeonholeBootstrap } from './metric/bootstrap.ts';
export { dice, labelsIn } from './metric/dice.ts';
export { hd95 } from './metric/hausdorff.ts';
export { foldedPercent, jacobianDeterminant, sdLogJacobian } from './metric/jacobian.ts';
export {
  type DeformationShape,
  defineMeasure,
  type LandmarkDistances,
  type Measure,
  type RegionPair,
} from './metric/measure.ts';
export {
  measureLabels,
  measureLandmarks,
  measureShape,
  measures,
  registerMeasure,
  type Values,
} from './metric/measures.ts';
export { wilcoxonSignedRank } from './metric/statistics.ts';
export { type LandmarkError, targetRegistrationError } from './metric/tre.ts';
export { weightedMean } from './neighbourhood/weightedMean.ts';
export { displacementFromFlow, integrateVelocity } from './network/displacement.ts';
export { defineNetwork, type NetworkFamily, type Registered } from './network/family.ts';
export { decodeModel, encodeModel, type RegistrationModel } from './network/model.ts';
export type { ParameterSpec } from './network/parameters.ts';
export { type ChosenNetwork, chooseNetwork, networks, registerNetwork } from './network/registry.ts';
export { warp } from './network/spatialTransformer.ts';
export { defineOptimiser, type Optimiser } from './optimise/optimiser.ts';
export { optimisers, registerOptimiser } from './optimise/registry.ts';
export {
  type InitialAlignment,
  type PreparedVolume,
  type Preprocessing,
  prepare,
} from './preparation/preprocessing.ts';
export { modelFits, type TrainedOn } from './preparation/trainedOn.ts';
export { randomStream } from './random.ts';
export {
  type Alignment,
  type AlignmentOptions,
  type AlignmentPair,
  alignPair,
} from './registration/alignment/align.ts';
export type { AlignmentKind } from './registration/alignment/motion.ts';
export { agreement, regularity } from './registration/assess.ts';
export { type CaseError, landmarkError } from './registration/landmarkError.ts';
export { type Plan, type PlanChoices, planPair, planSentence } from './registration/plan.ts';
export { maskedPair, type PlannedOptions, PlannedRegistrar } from './registration/planned.ts';
export { REFINE_DEFAULTS, type RefineOptions, type RefinePair, Refiner } from './registration/refine.ts';
export {
  Registrar,
  type RegistrarOptions,
  type Registration,
  type RegistrationPair,
  register,
} from './registration/register.ts';
export { type LossFigure, lossFigure } from './report/loss/lossFigure.ts';
export { type ModalityFigure, type ModalityResult, modalityFigure } from './report/slice/modalityFigure.ts';
export { type RegistrationFigure, registrationFigure } from './report/slice/registrationFigure.ts';
export {
  type DataReader,
  type DataWriter,
  defineGenerator,
  type Generator,
  type GeneratorSettings,
  generate,
  type InExperiments,
  type Made,
  type Making,
} from './synthesis/generator.ts';
export {
  makePhantomCase,
  type PhantomCase,
  type PhantomOptions,
  truePoint,
  trueWarp,
} from './synthesis/phantom/phantom.ts';
export { makePhantomAtlas } from './synthesis/phantom/phantomAtlas.ts';
export { generators, registerGenerator } from './synthesis/registry.ts';
export { PRESETS, type TrainingConfig, trainingSchema } from './training/configuration.ts';
export type { EpochRecord } from './training/trainer.ts';
export { type TrainedModel, type TrainingCase, type TrainModelOptions, trainModel } from './training/trainModel.ts';
export type { FileSource } from './volume/fileSource.ts';
export type { Grid, Labels, Mat4, Size, Vec3, Volume, Warp } from './volume/grid.ts';
export { invertWarp } from './volume/invertWarp.ts';
export { decodeItkTransform, encodeItkTransform } from './volume/itkTransform.ts';
export { decodeLandmarkCsv, encodeLandmarkCsv } from './volume/landmarkCsv.ts';
export { type Landmark, landmarksOfLabels } from './volume/landmarks.ts';
export { encodeMetaImage } from './volume/metaImageEncode.ts';
export { decodeNifti, decodeWarp, encodeNifti, toLabels, toVolume } from './volume/nifti.ts';
export { minmax, percentile, zscore } from './volume/normalise.ts';
export { encodeNrrd } from './volume/nrrdEncode.ts';
export { cropPad, resampleTo, resize } from './volume/resample.ts';
export { decodeTag, encodeTag } from './volume/tagFile.ts';
export {
  chainPoints,
  chainWarp,
  invertChain,
  type PointTransform,
  type TransformChain,
} from './volume/transformChain.ts';
export { applyWarp, composeWarps, linearWarp, warpPoints } from './volume/warp.ts';
