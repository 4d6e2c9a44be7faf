import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PbfReader, PbfWriter } from 'pbf';
import type { Random } from '../../../src/random.ts';
import type { Format, Mutation } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, flips, pick, trailing } from '../mutateBytes.ts';
import { JSON_TEXT } from '../mutateText.ts';
import { templateOf } from './template.ts';
import { library, program } from './uses.ts';

/** Field of an ONNX model that holds its metadata. */
const METADATA = 14;

interface Part {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** The fields of an ONNX model as they are, each with its tag. */
function partsOf(model: Uint8Array): Part[] {
  const pbf = new PbfReader(model);
  const parts: Part[] = [];
  while (pbf.pos < pbf.length) {
    const start = pbf.pos;
    const tag = pbf.readVarint();
    pbf.skip(tag);
    parts.push({ tag: tag >> 3, bytes: model.slice(start, pbf.pos) });
  }
  return parts;
}

/** Changes the parts of a file, of which `entries` are those of the metadata. */
function ofParts(
  name: string,
  change: (parts: Part[], entries: readonly Part[], random: Random) => readonly Uint8Array[] | undefined,
): Mutation {
  return {
    name,
    apply(bytes, random) {
      const parts = partsIfWhole(bytes);
      const entries = parts?.filter(({ tag }) => tag === METADATA) ?? [];
      const changed = parts && entries.length > 0 ? change(parts, entries, random) : undefined;
      return changed && new Uint8Array(Buffer.concat(changed));
    },
  };
}

/** Harms one entry of the metadata, its key or its value, and leaves the rest of the file as it is. */
function ofMetadata(mutation: Mutation): Mutation {
  return ofParts(`${mutation.name}, in the metadata`, (parts, entries, random) => {
    const chosen = pick(entries, random);
    const changed = changedEntry(chosen.bytes, (key, value) =>
      random.integer(20) === 0
        ? [`${key}s`, value]
        : [key, new TextDecoder().decode(mutation.apply(new TextEncoder().encode(value), random))],
    );
    return parts.map((part) => (part === chosen ? changed : part.bytes));
  });
}

/** Without the checksum, as the first model files were: all other checks must hold by themselves. */
function unsigned(mutation: Mutation): Mutation {
  return {
    name: `${mutation.name}, without a checksum`,
    apply(bytes, random) {
      const parts = partsIfWhole(bytes)?.filter((part) => entryOf(part).key !== 'earthmorph.checksum');
      return parts && mutation.apply(new Uint8Array(Buffer.concat(parts.map((part) => part.bytes))), random);
    },
  };
}

/** An entry of the metadata; empty texts for other parts. */
function entryOf({ tag, bytes }: Part): { readonly key: string; readonly value: string } {
  let found = { key: '', value: '' };
  if (tag === METADATA)
    changedEntry(bytes, (key, value) => {
      found = { key, value };
      return [key, value];
    });
  return found;
}

const entriesExchanged = ofParts('two entries of the metadata exchanged', (parts, entries, random) => {
  const [one, other] = [pick(entries, random), pick(entries, random)];
  const put = (part: Part, from: Part): Uint8Array => changedEntry(part.bytes, (key) => [key, entryOf(from).value]);
  return parts.map((part) => (part === one ? put(one, other) : part === other ? put(other, one) : part.bytes));
});

const partTwice = ofParts('a part of the model twice', (parts, _, random) => {
  const again = pick(parts, random);
  return parts.flatMap((part) => (part === again ? [part.bytes, part.bytes] : [part.bytes]));
});

/** Fields of a graph and of a tensor in it. */
const [GRAPH, INITIALIZER] = [7, 5];

/** Puts other fields behind those of one constant: the last of a field counts, and dimensions are added. */
const ofConstant = ofParts('fields of a constant', (parts, _, random) =>
  parts.map((part) => {
    if (part.tag !== GRAPH) return part.bytes;
    const graph = partsOf(contentOf(part.bytes));
    const chosen = pick(
      graph.filter(({ tag }) => tag === INITIALIZER),
      random,
    );
    const writer = new PbfWriter();
    pick<(pbf: PbfWriter) => void>(
      [
        (pbf) => pbf.writeVarintField(1, pick([0, 1, 2 ** 31, 2 ** 53 - 1], random)),
        (pbf) => pbf.writeVarintField(2, random.integer(20)),
        (pbf) => pbf.writeStringField(8, pick(['', '__proto__', 'x'], random)),
        (pbf) => pbf.writeBytesField(9, new Uint8Array(random.integer(9))),
        (pbf) => pbf.writeVarintField(14, 1),
      ],
      random,
    )(writer);
    const changed = graph.map((each) =>
      each === chosen ? field(INITIALIZER, Buffer.concat([contentOf(each.bytes), writer.finish()])) : each.bytes,
    );
    return field(GRAPH, Buffer.concat(changed));
  }),
);

/** What a field of bytes holds. */
function contentOf(bytes: Uint8Array): Uint8Array {
  const pbf = new PbfReader(bytes);
  pbf.readVarint();
  return pbf.readBytes();
}

function field(tag: number, bytes: Uint8Array): Uint8Array {
  const writer = new PbfWriter();
  writer.writeBytesField(tag, bytes);
  return writer.finish();
}

function partsIfWhole(bytes: Uint8Array): Part[] | undefined {
  try {
    return partsOf(bytes);
  } catch {
    return undefined;
  }
}

function changedEntry(field: Uint8Array, change: (key: string, value: string) => [string, string]): Uint8Array {
  const reader = new PbfReader(field);
  reader.readVarint();
  const entry = reader.readMessage(
    (tag, found: string[], pbf) => {
      found[tag - 1] = pbf.readString();
    },
    ['', ''],
  );
  const [key, value] = change(entry[0] ?? '', entry[1] ?? '');
  const writer = new PbfWriter();
  writer.writeMessage(
    METADATA,
    (_, message) => {
      message.writeStringField(1, key);
      message.writeStringField(2, value);
    },
    null,
  );
  return writer.finish();
}

const lostPart: Mutation = {
  name: 'a part of the model lost',
  apply(bytes, random) {
    const parts = partsIfWhole(bytes);
    if (!parts || parts.length === 0) return undefined;
    const lost = pick(parts, random);
    return new Uint8Array(Buffer.concat(parts.filter((part) => part !== lost).map((part) => part.bytes)));
  },
};

/** Weights are most of the file, so that almost every place lies in one; four of one byte make no number. */
const noNumber: Mutation = {
  name: 'weights that are not a number',
  expectation: 'same',
  apply(bytes, random) {
    const at = random.integer(Math.max(1, bytes.length - 64));
    return bytes.slice().fill(0xff, at, at + 8 * (1 + random.integer(8)));
  },
};

/** Model files: the computation, its weights and its metadata. */
export function modelFormat(material: Material): Format {
  return {
    name: 'model',
    async seeds(folder) {
      const register = ['register', '--model', '$/model.onnx', '--threads', '1'];
      const pair = ['--fixed', material.image(1), '--moving', material.image(2)];
      const inMetadata = JSON_TEXT.map(ofMetadata);
      return [
        {
          template: templateOf(folder, 'model.onnx', readFileSync(join(material.run, 'model.onnx'))),
          target: 'model.onnx',
          mutations: [
            ...inMetadata,
            ...inMetadata.map(unsigned),
            ...[entriesExchanged, partTwice, ofConstant, ofConstant],
            ...[entriesExchanged, lostPart, ofConstant, ofConstant].map(unsigned),
            ...[flips('same'), flips('same'), flips('same'), noNumber, noNumber, cut('refusal'), cut('refusal')],
            ...[trailing(), lostPart, lostPart, ...ANY_BYTES],
          ],
          uses: [
            library('readModel', 'model.onnx'),
            library('readModel', 'model.onnx'),
            program(...register, ...pair, '--moved', '$/out/moved.nii.gz', '--warp', '$/out/warp.nii.gz'),
            program(...register, ...pair, '--refine', '1', '--warp', '$/out/warp.nii.gz', '--json'),
          ],
        },
      ];
    },
  };
}
