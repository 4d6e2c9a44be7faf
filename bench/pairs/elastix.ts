import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchPair } from './pairs.ts';
import { type Taken, watched } from './watched.ts';

const COMMON = `(FixedInternalImagePixelType "float")
(MovingInternalImagePixelType "float")
(UseDirectionCosines "true")
(Registration "MultiResolutionRegistration")
(FixedImagePyramid "FixedSmoothingImagePyramid")
(MovingImagePyramid "MovingSmoothingImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent")
(Interpolator "LinearInterpolator")
(ResampleInterpolator "FinalBSplineInterpolator")
(FinalBSplineInterpolationOrder 1)
(Resampler "DefaultResampler")
(HowToCombineTransforms "Compose")
(ImageSampler "RandomCoordinate")
(NumberOfSpatialSamples 4096)
(NewSamplesEveryIteration "true")
(MaximumNumberOfIterations 500)
(CheckNumberOfSamples "false")
(MaximumNumberOfSamplingAttempts 8)
(DefaultPixelValue 0)
(WriteResultImage "false")
(ResultImageFormat "nii.gz")
`;

/** Affine by mutual information on four levels, centres together at first. */
const AFFINE = `${COMMON}(Transform "AffineTransform")
(Metric "AdvancedMattesMutualInformation")
(NumberOfHistogramBins 32)
(NumberOfResolutions 4)
(AutomaticScalesEstimation "true")
(AutomaticTransformInitialization "true")
(AutomaticTransformInitializationMethod "GeometricalCenter")
`;

/** B-spline on three levels. */
const bspline = (metric: string, grid: number): string => `${COMMON}(Transform "BSplineTransform")
(Metric "${metric}")
(NumberOfHistogramBins 32)
(NumberOfResolutions 3)
(FinalGridSpacingInPhysicalUnits ${grid})
(GridSpacingSchedule 4 2 1)
`;

/**
 * Registers a pair by elastix, affine and B-spline. transformix writes the warp.
 * @returns the warp's file, and what elastix took
 */
export async function byElastix(
  pair: BenchPair,
  folder: string,
): Promise<{ readonly warp: string; readonly taken: Taken }> {
  mkdirSync(folder, { recursive: true });
  const metric = pair.points ? 'AdvancedMattesMutualInformation' : 'AdvancedNormalizedCorrelation';
  writeFileSync(join(folder, 'affine.txt'), AFFINE);
  writeFileSync(join(folder, 'bspline.txt'), bspline(metric, pair.grid));
  const parameters = ['-p', join(folder, 'affine.txt'), '-p', join(folder, 'bspline.txt')];
  const taken = await watched('elastix', ['-f', pair.fixed, '-m', pair.moving, '-out', folder, ...parameters]);
  await watched('transformix', ['-def', 'all', '-out', folder, '-tp', join(folder, 'TransformParameters.1.txt')]);
  return { warp: join(folder, 'deformationField.nii.gz'), taken };
}
