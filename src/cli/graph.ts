import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { devicePlacement, type Placement } from '../file/placement.ts';
import { given } from '../given.ts';
import {
  type Device,
  type FeatureOperators,
  fastestFeatures,
  PORTABLE_FEATURES,
  toOnnx,
  writeOnnx,
} from '../graph/index.ts';
import { chooseSimilarity, similarities } from '../loss/registry.ts';
import { parameterCount } from '../network/parameters.ts';
import { chooseNetwork, networkParameters, networks } from '../network/registry.ts';
import { defaultWeight } from '../objective/objective.ts';
import { trainingStep, validationStep } from '../training/stepGraph.ts';
import { assignments, choice, DEVICE_HELP, device, number, whole } from './options.ts';
import { columns, printJson, sayWritten } from './output.ts';
import type { CommandDefinition } from './program.ts';

interface Options {
  readonly out?: string;
  readonly step: 'training' | 'validation';
  readonly loss: string;
  readonly lossOption?: Record<string, unknown>;
  readonly smoothness?: number;
  readonly size: number;
  readonly network?: string;
  readonly integrationSteps: number;
  readonly halfResolution?: boolean;
  readonly device: Device;
  readonly layout: 'fastest' | 'portable';
  readonly placement?: boolean;
  readonly json?: boolean;
}

/** `earthmorph graph`: the computation as an ONNX file. */
export const graphCommand: CommandDefinition = (program) => {
  const names = [...similarities().keys()];
  program
    .command('graph')
    .summary('write what runs as an ONNX file')
    .description(
      'Writes one training or validation step as an ONNX model for any viewer, or lists which nodes a device leaves to the CPU.',
    )
    .option('--out <file>', 'writes the model')
    .option('--step <name>', 'training or validation', choice(['training', 'validation'] as const), 'training')
    .option('--loss <name>', `similarity: ${names.join(', ')}`, choice(names), 'mse')
    .option('--loss-option <name=value>', 'an option of the loss; may be repeated', assignments)
    .option('--smoothness <weight>', "weight of the smoothness penalty (default: the loss's own)", number(0))
    .option('--size <voxels>', 'edge of the volumes', whole(1, 512), 48)
    .option(
      '--network <name>',
      `family of the network: ${[...networks().keys()].join(', ')}`,
      choice([...networks().keys()]),
    )
    .option('--integration-steps <n>', 'steps of scaling and squaring', whole(0, 12), 0)
    .option('--half-resolution', 'flow on a grid of half the size')
    .option('--device <name>', DEVICE_HELP, device, 'cpu')
    .option(
      '--layout <name>',
      'fastest: what runs on the device; portable: standard ONNX operators only',
      choice(['fastest', 'portable'] as const),
      'fastest',
    )
    .option('--placement', 'runs the step once and lists which provider ran which operators')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph graph --out step.onnx\n  earthmorph graph --size 16 --device webgpu --placement',
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { out, size, placement, json } = options;
  if (out === undefined && !placement)
    throw new UserError('Give --out to write the graph, or --placement to see where it runs.');
  const { integrationSteps, halfResolution = false } = options;
  const network = chooseNetwork(options.network, { integrationSteps, halfResolution });
  const loss = chooseSimilarity(options.loss, options.lossOption);
  const features: FeatureOperators =
    options.layout === 'portable' ? PORTABLE_FEATURES : await fastestFeatures(options.device);
  const build = options.step === 'training' ? trainingStep : validationStep;
  const { graph, outputs } = build({
    network,
    loss,
    smoothness: options.smoothness ?? defaultWeight(loss, 'network'),
    extent: [size, size, size],
    features,
  });
  const model = toOnnx(graph, outputs);
  if (out !== undefined) await writeAtomically(out, writeOnnx(model));
  const placed = placement ? await devicePlacement(model, options.device) : undefined;
  const summary = { nodes: model.nodes.length, parameters: parameterCount(networkParameters(network)), size };
  if (json) {
    printJson({ ...summary, ...given({ placement: placed }) });
    return;
  }
  console.log(`${options.step} step at ${size}³: ${summary.nodes} nodes, ${summary.parameters} parameters.`);
  if (placed) console.log(placementTable(placed));
  sayWritten(out);
}

function placementTable(placed: readonly Placement[]): string {
  return columns([
    ['operator', 'provider', 'nodes'],
    ...placed.map(({ operator, provider, nodes }) => [operator, provider, String(nodes)]),
  ]);
}
