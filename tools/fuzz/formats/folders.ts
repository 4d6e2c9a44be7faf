import type { Random } from '../../../src/random.ts';
import type { Format, Mutation, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, flips, pick, trailing, unread } from '../mutateBytes.ts';
import { JSON_TEXT, type Json, ofJson } from '../mutateText.ts';
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

type Header = Record<string, { dtype: Json; shape: Json; data_offsets: Json }> & {
  __metadata__?: Record<string, string>;
};

/** Changes the header of a safetensors file as what it is: tensors by their names, and texts. */
function ofHeader(name: string, change: (header: Header, names: readonly string[], random: Random) => void): Mutation {
  return inHeader(
    ofJson(name, (json, random) => {
      const header = json as Header;
      const names = Object.keys(header ?? {}).filter((key) => key !== '__metadata__');
      if (names.length < 2) return undefined;
      change(header, names, random);
      return header;
    }),
  );
}

/** Without the checksum, as the first checkpoints were: all other checks must hold by themselves. */
function unsigned(mutation: Mutation): Mutation {
  const lost = ofHeader('no checksum', (header) => delete header.__metadata__?.checksum);
  return {
    name: `${mutation.name}, without a checksum`,
    apply(bytes, random) {
      const bare = lost.apply(bytes, random);
      return bare && mutation.apply(bare, random);
    },
  };
}

/** Harms the counters of a training or the records of its epochs, which are JSON inside the header. */
function inCounters(mutation: Mutation): Mutation {
  return ofHeader(`${mutation.name}, in the counters`, ({ __metadata__: texts }, _, random) => {
    if (!texts) return;
    const key = pick(['counters', 'records'], random);
    const changed = mutation.apply(new TextEncoder().encode(texts[key] ?? ''), random);
    texts[key] = new TextDecoder().decode(changed);
  });
}

/** What a tensor's entry may say that is not so. */
const TENSORS: readonly Mutation[] = [
  ofHeader('another type of numbers', (header, names, random) => {
    header[pick(names, random)]!.dtype = pick(['F16', 'BF16', 'F64', 'I32', 'I64', 'BOOL', 'x', null], random);
  }),
  ofHeader('another shape', (header, names, random) => {
    header[pick(names, random)]!.shape = pick([[], [0], [-1], [1e9, 1e9], [1.5], ['2'], [2 ** 53, 0]], random);
  }),
  ofHeader('a shape turned round', (header, names, random) => {
    const tensor = header[pick(names, random)]!;
    if (Array.isArray(tensor.shape)) tensor.shape.reverse();
  }),
  ofHeader('other offsets', (header, names, random) => {
    const ends = [
      ...[
        [0, 0],
        [4, 0],
        [-4, 4],
        [0, 3],
        [0.5, 4.5],
        [0, 1e12],
        [2 ** 53, 2 ** 53 + 4],
        [Number.NaN, 4],
        ['0', '4'],
        [],
      ],
    ];
    header[pick(names, random)]!.data_offsets = pick(ends, random);
  }),
  ofHeader('the offsets of another tensor', (header, names, random) => {
    header[pick(names, random)]!.data_offsets = header[pick(names, random)]!.data_offsets;
  }),
  ofHeader('names exchanged', (header, names, random) => {
    const [one, other] = [pick(names, random), pick(names, random)];
    [header[one], header[other]] = [header[other]!, header[one]!];
  }),
  ofHeader('a tensor lost', (header, names, random) => delete header[pick(names, random)]),
  ofHeader('a tensor more', (header, names, random) => {
    header[pick(['x', '', 'first.x', 'constructor'], random)] = header[pick(names, random)]!;
  }),
  ofHeader('no metadata', (header) => delete header.__metadata__),
];

/** Some of the last numbers of the file are NaN or infinite. */
const noNumbers: Mutation = {
  name: 'values that are not a number',
  apply: (bytes, random) => bytes.slice().fill(0xff, Math.max(0, bytes.length - 4 * (1 + random.integer(64)))),
};

const SAFETENSORS: readonly Mutation[] = [
  ...[...TENSORS, ...JSON_TEXT.map(inCounters), noNumbers].flatMap((mutation) => [mutation, unsigned(mutation)]),
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
