import { z } from 'zod';
import { multiply, pad } from '../graph/index.ts';
import { displacementFromFlow, extentOf } from './displacement.ts';
import { defineNetwork } from './family.ts';
import { warp } from './spatialTransformer.ts';
import { sizeMultiple, unet, unetParameters, VOXELMORPH } from './unet.ts';

const channels = z.array(z.int().positive().max(1024)).min(1).max(8);

/** The settings of {@link voxelmorph}. */
export const voxelmorphSchema = z
  .strictObject({
    encoder: channels
      .default([...VOXELMORPH.encoder])
      .describe('channels of the encoder of the U-Net, from fine to coarse'),
    decoder: channels
      .default([...VOXELMORPH.decoder])
      .describe('channels of the decoder of the U-Net, as many as of the encoder'),
    remaining: channels
      .default([...VOXELMORPH.remaining])
      .describe('channels of the last convolutions, at full resolution'),
    halfResolution: z
      .boolean()
      .default(false)
      .describe('predict the flow on a grid with half the voxels along each axis, which takes an eighth of the work'),
    integrationSteps: z
      .int()
      .min(0)
      .max(12)
      .default(0)
      .describe(
        '0: the network gives a displacement; n: a velocity, integrated in n steps of scaling and squaring, so that the warp is diffeomorphic',
      ),
  })
  .refine(({ encoder, decoder }) => encoder.length === decoder.length, {
    path: ['decoder'],
    message: 'must have as many entries as the encoder',
  });

/** The same, settled. */
export type VoxelMorphOptions = z.infer<typeof voxelmorphSchema>;

/**
 * VoxelMorph (Balakrishnan et al., IEEE TMI 38(8), 2019): U-Net, integration where asked for, spatial transformer.
 * Inside, volumes are padded with zeros (the mean of a normalised volume) to multiples of the U-Net's poolings, and the
 * field is cut back.
 */
export const voxelmorph = defineNetwork<VoxelMorphOptions>({
  name: 'unet',
  summary: "VoxelMorph's U-Net, the paper's network",
  schema: voxelmorphSchema,
  parameters: unetParameters,
  build(moving, fixed, parameters, options, features) {
    const extent = extentOf(fixed);
    const multiple = sizeMultiple(options);
    const after = [0, 0, ...extent.map((size) => Math.ceil(size / multiple) * multiple - size)];
    const before = [0, 0, 0, 0, 0];
    const flow = unet(pad(moving, before, after), pad(fixed, before, after), parameters, options, features);
    const displacement = displacementFromFlow(flow, options, extent);
    return {
      flow,
      displacement,
      moved: warp(moving, displacement),
      ...(options.integrationSteps > 0 && {
        inverse: () => displacementFromFlow(multiply(flow, -1), options, extent),
      }),
    };
  },
});
