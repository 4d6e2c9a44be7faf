import type { Format, Mutation, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, flips, pick, trailing, unread } from '../mutateBytes.ts';
import { JSON_TEXT } from '../mutateText.ts';
import { templateFrom } from './template.ts';
import { program } from './uses.ts';

/** Harms the header of a safetensors file, whose length is made to fit. */
function inHeader(mutation: Mutation): Mutation {
  return {
    name: `${mutation.name}, in the header`,
    apply(bytes, random) {
      if (bytes.length < 8) return undefined;
      const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      const header = mutation.apply(bytes.subarray(8, 8 + length), random);
      if (!header) return undefined;
      const prefix = new Uint8Array(8);
      new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
      return new Uint8Array(Buffer.concat([prefix, header, bytes.subarray(8 + length)]));
    },
  };
}

const headerLength: Mutation = {
  name: 'the length of the header',
  apply(bytes, random) {
    if (bytes.length < 8) return undefined;
    const out = bytes.slice();
    const value = pick([0n, 1n, 7n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n], random);
    new DataView(out.buffer).setBigUint64(0, value, true);
    return out;
  },
};

const SAFETENSORS: readonly Mutation[] = [
  ...JSON_TEXT.map(inHeader),
  ...[headerLength, headerLength, flips(), flips(), cut(), cut(), trailing(), ...ANY_BYTES],
];

/** What a training, an experiment and a comparison leave on disk, and go on from. */
export function foldersFormat(material: Material): Format {
  return {
    name: 'folders',
    async seeds(folder) {
      const run = templateFrom(folder, 'run', material.run);
      const experiment = templateFrom(folder, 'experiment', material.experiment);
      const compared = templateFrom(folder, 'compared', material.compared);
      const resume = ['train', '--out', '$/run', '--resume', '--threads', '1'];
      const pair = ['--fixed', material.image(1), '--moving', material.image(2), '--threads', '1'];
      const registered = program('register', '--model', '$/run', ...pair, '--moved', '$/out/moved.nii.gz');
      const again = program(...resume, '--epochs', '2');
      const further = program(...resume, '--epochs', '3');
      const of = (template: string, target: string, mutations: readonly Mutation[], uses: Seed['uses']): Seed => ({
        ...{ template, target, mutations: mutations.map(unread), uses },
      });
      const trial = 'experiment/trials/mse_seed1';
      const inspect = [program('sweep', 'status', '$/experiment'), program('experiment', 'report', '$/experiment')];
      const trialAgain = program('trial', '$/experiment', 'mse_seed1', '--threads', '1');
      const comparison = program(...material.comparing('$/compared'));
      return [
        of(run, 'run/config.json', JSON_TEXT, [again, registered]),
        of(run, 'run/metrics.jsonl', JSON_TEXT, [again, further]),
        of(run, 'run/last.safetensors', SAFETENSORS, [again, further]),
        of(run, 'run/best.safetensors', SAFETENSORS, [again, registered]),
        of(run, 'run/model.onnx', [flips('same'), cut('refusal'), ...ANY_BYTES], [registered]),
        of(experiment, 'experiment/experiment.json', JSON_TEXT, [...inspect, trialAgain]),
        of(experiment, `${trial}/trial.json`, JSON_TEXT, [
          ...[...inspect, trialAgain],
          program('trial', '$/experiment', 'mse_seed1', '--test', '--threads', '1'),
        ]),
        of(experiment, `${trial}/test.json`, JSON_TEXT, inspect),
        of(experiment, `${trial}/metrics.jsonl`, JSON_TEXT, inspect),
        of(experiment, `${trial}/config.json`, JSON_TEXT, inspect),
        of(compared, 'compared/comparison.json', JSON_TEXT, [comparison]),
        of(compared, 'compared/refinements.jsonl', JSON_TEXT, [comparison]),
      ];
    },
  };
}
