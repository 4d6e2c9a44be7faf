import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readImageNode, writeImageNode } from '@itk-wasm/image-io';
import { given } from '../../../src/given.ts';
import type { Format, Mutation, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, type Field, fields, flips, swapped, trailing } from '../mutateBytes.ts';
import { TEXT } from '../mutateText.ts';
import { plainAndPacked, templateOf } from './template.ts';
import { library, program, usesOfImage, usesOfLabels } from './uses.ts';

/** Big-endian, as MGH is. */
const MGH_FIELDS: readonly Field[] = [
  ['version', 0, 'i32'],
  ['width', 4, 'i32'],
  ['height', 8, 'i32'],
  ['depth', 12, 'i32'],
  ['frames', 16, 'i32'],
  ['type', 20, 'i32'],
  ['goodRASFlag', 28, 'i16'],
  ...Array.from({ length: 15 }, (_, n): Field => [`geometry[${n}]`, 30 + 4 * n, 'f32']),
];

/** Big-endian too; its type is the last of these. */
const GIPL_FIELDS: readonly Field[] = [
  ...[0, 2, 4, 6, 8].map((at): Field => [`size and type[${at}]`, at, 'i16']),
  ...Array.from({ length: 3 }, (_, n): Field => [`spacing[${n}]`, 10 + 4 * n, 'f32']),
  ['magic', 252, 'i32'],
];

const MRC_FIELDS: readonly Field[] = [
  ...Array.from({ length: 22 }, (_, n): Field => [`word[${n}]`, 4 * n, 'i32']),
  ['extended header', 92, 'i32'],
  ['byte order', 212, 'i32'],
];

function binary(known: readonly Field[], littleEndian: boolean): readonly Mutation[] {
  const field = fields(known, littleEndian);
  return [field, field, field, field, swapped(known), flips(), cut(), trailing(), ...ANY_BYTES];
}

const [MGH, GIPL, MRC] = [binary(MGH_FIELDS, false), binary(GIPL_FIELDS, false), binary(MRC_FIELDS, true)];

/** Harms only what lies before the data. */
function inHeader(mutation: Mutation, end: (bytes: Uint8Array) => number): Mutation {
  return {
    name: `${mutation.name}, in the header`,
    apply(bytes, random) {
      const at = end(bytes);
      const header = mutation.apply(bytes.subarray(0, at), random);
      return header && new Uint8Array(Buffer.concat([header, bytes.subarray(at)]));
    },
  };
}

/** Harms only the data. */
function inData(mutation: Mutation, end: (bytes: Uint8Array) => number): Mutation {
  return {
    name: `${mutation.name}, in the data`,
    ...given({ expectation: mutation.expectation }),
    apply(bytes, random) {
      const at = end(bytes);
      if (at >= bytes.length) return undefined;
      const data = mutation.apply(bytes.subarray(at), random);
      return data && new Uint8Array(Buffer.concat([bytes.subarray(0, at), data]));
    },
  };
}

const endOf = (mark: string) => (bytes: Uint8Array) => {
  const at = Buffer.from(bytes).indexOf(mark);
  return at < 0 ? bytes.length : at + mark.length;
};

function textAndData(end: (bytes: Uint8Array) => number, packed: boolean): readonly Mutation[] {
  const header = TEXT.map((mutation) => inHeader(mutation, end));
  const data = [cut('refusal'), flips(packed ? 'same' : 'sound'), trailing()];
  const harmed = data.map((mutation) => inData(mutation, end));
  return [...header, ...header, ...harmed, ...harmed, ...harmed, ...ANY_BYTES];
}

/** What reads an image or labels, with nothing beside it. */
function usesAlone(file: string): Seed['uses'] {
  const x = `$/${file}`;
  const refined = ['--model', 'none', '--refine', '1', '--loss', 'mse', '--threads', '1'];
  return file.startsWith('labels')
    ? [library('readLabels', file), program('metrics', '--fixed-labels', x, '--moved-labels', x, '--json')]
    : [
        library('readVolume', file),
        program('register', '--fixed', x, '--moving', x, ...refined, '--moved', '$/out/moved.nii.gz'),
      ];
}

/** NRRD, MetaImage and MGH, plain and packed, in one file and in two; GIPL, MRC, VTK and HDF5. */
export function itkFormat(material: Material): Format {
  return {
    name: 'itk',
    async seeds(folder) {
      const seeds: Seed[] = [];
      for (const [name, source, usesOf] of [
        ['image', material.image(2), usesOfImage],
        ['labels', material.labels(2), usesOfLabels],
      ] as const) {
        const image = await readImageNode(source);
        image.metadata = new Map();
        const write = async (file: string, useCompression: boolean): Promise<Uint8Array> => {
          const path = join(folder, file);
          await writeImageNode(image, path, { useCompression });
          return readFileSync(path);
        };
        const add = (file: string, template: string, mutations: readonly Mutation[], target = file): void => {
          seeds.push({ template, target, mutations, uses: usesOf(file, material) });
        };
        for (const packed of [false, true]) {
          const kind = packed ? 'packed' : 'plain';
          const nrrd = `${name}-${kind}.nrrd`;
          add(nrrd, templateOf(folder, nrrd, await write(`w-${nrrd}`, packed)), textAndData(endOf('\n\n'), packed));
          const mha = `${name}-${kind}.mha`;
          const inMha = textAndData(endOf('ElementDataFile = LOCAL\n'), packed);
          add(mha, templateOf(folder, mha, await write(`w-${mha}`, packed)), inMha);
        }
        // A header beside its data: both keep their names, since the one names the other.
        for (const [file, data, packed] of [
          [`${name}-plain.mhd`, `${name}-plain.raw`, false],
          [`${name}-packed.mhd`, `${name}-packed.zraw`, true],
        ] as const) {
          const two = join(folder, `two-${file}`);
          mkdirSync(two);
          await writeImageNode(image, join(two, file), { useCompression: packed });
          add(file, two, TEXT);
          add(file, two, [cut('refusal'), flips(packed ? 'same' : 'sound'), trailing(), ...ANY_BYTES], data);
        }
        const mgh = gunzipSync(await write(`w-${name}.mgz`, true));
        seeds.push(
          ...plainAndPacked(folder, [`${name}.mgh`, `${name}.mgz`], mgh, MGH, (file) => usesOf(file, material)),
        );
        // These keep no directions, so that the scan lies elsewhere: only with itself does it make a pair.
        const gipl = await write(`w-${name}.gipl`, false);
        seeds.push(...plainAndPacked(folder, [`${name}.gipl`, `${name}.gipl.gz`], gipl, GIPL, usesAlone));
        const vtkEnd = endOf('LOOKUP_TABLE default\n');
        for (const [ending, mutations] of [
          ['mrc', MRC],
          ['vtk', textAndData(vtkEnd, false)],
          ['hdf5', [flips(), cut(), trailing(), ...ANY_BYTES]],
        ] as const) {
          const file = `${name}.${ending}`;
          const template = templateOf(folder, file, await write(`w-${file}`, false));
          seeds.push({ template, target: file, mutations, uses: usesAlone(file) });
        }
      }
      return seeds;
    },
  };
}
