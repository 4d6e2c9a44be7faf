import type { RegistrationModel } from '../../src/network/model.ts';
import { initialParameters } from '../../src/network/parameters.ts';
import { chooseNetwork, networkParameters } from '../../src/network/registry.ts';
import type { VoxelMorphOptions } from '../../src/network/voxelmorph.ts';
import { type Preprocessing, preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { randomStream } from '../../src/random.ts';

/** A network whose flow is large enough to matter: random weights with an amplified last layer. */
export function randomModel(
  overrides: Partial<VoxelMorphOptions> = {},
  preprocessing: Preprocessing = preprocessingSchema.parse({ pad: 32, size: 32, outside: 'edge' }),
): RegistrationModel {
  const network = chooseNetwork('unet', {
    encoder: [4, 4],
    decoder: [4, 4],
    remaining: [4],
    halfResolution: true,
    integrationSteps: 5,
    ...overrides,
  });
  const parameters = initialParameters(networkParameters(network), 3);
  const random = randomStream(4, 'flow');
  const flowCount = 27 * 4 * 3 + 3;
  for (let i = parameters.length - flowCount; i < parameters.length; i++) parameters[i] = 0.25 * random.normal();
  return { stages: [{ network, reduction: 1, parameters }], preprocessing, record: {} };
}
