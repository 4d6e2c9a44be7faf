import { z } from 'zod';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { devicePlacement, type Placement } from '../file/placement.ts';
import { given } from '../given.ts';
import {
  type Device,
  type FeatureOperators,
  fastestFeatures,
  type MemoryPeak,
  memoryPeak,
  PORTABLE_FEATURES,
  toOnnx,
  writeOnnx,
} from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { parameterCount } from '../network/parameters.ts';
import { chooseNetwork, networkParameters } from '../network/registry.ts';
import { defaultWeight } from '../objective/objective.ts';
import { trainingSchema } from '../training/configuration.ts';
import { trainingStep, validationStep } from '../training/stepGraph.ts';
import { choice, deviceOption, jsonOption } from './options.ts';
import { columns, printJson, sayWritten } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { addSettingOptions, allSettings } from './settingsOptions.ts';

const { loss, lossOptions, smoothness, network, halfResolution, integrationSteps } = trainingSchema.shape;

/** The settings of a training that shape its graph. */
const graphSchema = z.strictObject({
  loss,
  lossOptions,
  smoothness,
  size: z.int().min(1).max(512).default(48).describe('edge of the volumes').meta({ placeholder: 'voxels' }),
  network,
  integrationSteps,
  halfResolution,
});

interface Options extends Record<string, unknown> {
  readonly out?: string;
  readonly phase: 'training' | 'validation';
  readonly device: Device;
  readonly featureLayout: 'fastest' | 'portable';
  readonly placement?: boolean;
  readonly memory?: boolean;
  readonly json?: boolean;
}

/** `earthmorph graph`: the computation as an ONNX file. */
export const graphCommand: CommandDefinition = (program) => {
  const command = program
    .command('graph')
    .summary('write a training step as an ONNX file')
    .description(
      'Writes one training or validation step as an ONNX model, for any viewer. Or lists the nodes that a device leaves to the CPU, or what takes the memory.',
    )
    .option('--out <file>', 'writes the model')
    .option(
      '--phase <name>',
      'which step: training or validation',
      choice(['training', 'validation'] as const),
      'training',
    );
  addSettingOptions(command, graphSchema)
    .addOption(deviceOption())
    .option(
      '--feature-layout <name>',
      'memory layout of the features: fastest (for the device), or portable (standard ONNX operators only)',
      choice(['fastest', 'portable'] as const),
      'fastest',
    )
    .option('--placement', 'run the step once and list which provider ran which operators')
    .option('--memory', 'list the arrays that are alive when the step takes most memory on the CPU')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph graph --out step.onnx\n  earthmorph graph --size 16 --device webgpu --placement\n  earthmorph graph --size 64 --memory',
    )
    .action(run);
};

async function run(options: Options): Promise<void> {
  const { out, placement, memory, json } = options;
  if (out === undefined && !placement && !memory)
    throw new UserError(
      'Give --out to write the graph, --placement to see which device runs its nodes, or --memory to see what takes the memory.',
    );
  const { size, integrationSteps, halfResolution, ...settings } = allSettings(graphSchema, options);
  const network = chooseNetwork(settings.network, { integrationSteps, halfResolution });
  const loss = chooseSimilarity(settings.loss, settings.lossOptions);
  const features: FeatureOperators =
    options.featureLayout === 'portable' ? PORTABLE_FEATURES : await fastestFeatures(options.device);
  const build = options.phase === 'training' ? trainingStep : validationStep;
  const { graph, outputs } = build({
    network,
    loss,
    smoothness: settings.smoothness ?? defaultWeight(loss, 'network'),
    extent: [size, size, size],
    features,
  });
  const model = toOnnx(graph, outputs);
  if (out !== undefined) await writeAtomically(out, writeOnnx(model));
  const placed = placement ? await devicePlacement(model, options.device) : undefined;
  const peak = memory ? memoryPeak(graph, outputs) : undefined;
  const summary = { nodes: model.nodes.length, parameters: parameterCount(networkParameters(network)), size };
  if (json) {
    printJson({ ...summary, ...given({ placement: placed, memory: peak && memoryRecord(peak) }) });
    return;
  }
  console.log(`${options.phase} step at ${size}³: ${summary.nodes} nodes, ${summary.parameters} parameters.`);
  if (placed) console.log(placementTable(placed));
  if (peak) console.log(memoryTable(memoryRecord(peak)));
  sayWritten(out);
}

/** What takes at least a hundredth of the memory at the peak. */
function memoryRecord({ bytes, operation, alive }: MemoryPeak) {
  return {
    bytes,
    operation: operation?.outputs[0]?.name ?? 'the inputs',
    alive: alive
      .filter((each) => each.bytes >= bytes / 100)
      .map(({ tensor, bytes: own, lastReader }) => ({
        tensor: tensor.name,
        shape: tensor.shape,
        bytes: own,
        lastReader: lastReader?.outputs[0]?.name ?? 'an output',
      })),
  };
}

function memoryTable({ bytes, operation, alive }: ReturnType<typeof memoryRecord>): string {
  const megabytes = (count: number): string => (count / 1e6).toFixed(1);
  return [
    `The step takes most memory at ${operation}: ${megabytes(bytes)} MB, in these arrays:`,
    columns([
      ['result', 'shape', 'MB', 'read last by'],
      ...alive.map(({ tensor, shape, bytes: own, lastReader }) => [
        tensor,
        shape.join('×'),
        megabytes(own),
        lastReader,
      ]),
    ]),
  ].join('\n');
}

function placementTable(placed: readonly Placement[]): string {
  return columns([
    ['operator', 'provider', 'nodes'],
    ...placed.map(({ operator, provider, nodes }) => [operator, provider, String(nodes)]),
  ]);
}
