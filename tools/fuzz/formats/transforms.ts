import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeItkFiles } from '../../../test/support/itkFiles.ts';
import type { Format, Mutation } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, type Field, fields, flips, trailing } from '../mutateBytes.ts';
import { TEXT } from '../mutateText.ts';
import { templateOf } from './template.ts';
import { library, program } from './uses.ts';

/** The five numbers before each of the two matrices in a .mat file; the second begins after twelve values. */
const MATLAB_FIELDS: readonly Field[] = [0, 4, 8, 12, 16].map((at) => [`number at ${at}`, at, 'i32']);
const MATLAB: readonly Mutation[] = [
  ...new Array<Mutation>(4).fill(fields(MATLAB_FIELDS)),
  ...[flips(), cut(), trailing(), ...ANY_BYTES],
];

/** ITK's transforms: several in a text, MATLAB's format, HDF5. */
export function transformsFormat(material: Material): Format {
  return {
    name: 'transforms',
    async seeds(folder) {
      await writeItkFiles(folder);
      const text = fileURLToPath(new URL('../../../test/fixtures/itk/composite.tfm', import.meta.url));
      const onto = ['--reference', material.image(1), '--image', material.image(2)];
      return [
        ['composite.txt', text, TEXT] as const,
        ['affine.mat', join(folder, 'affine.mat'), MATLAB] as const,
        ['composite.h5', join(folder, 'composite.h5'), [flips(), flips(), cut(), trailing(), ...ANY_BYTES]] as const,
      ].map(([target, from, mutations]) => ({
        ...{ template: templateOf(folder, target, readFileSync(from)), target, mutations },
        uses: [
          library('readTransforms', target),
          program('warp', '--transform', `$/${target}`, ...onto, '--out', '$/out/moved.nii.gz'),
          program('warp', '--transform', `$/${target}`, '--landmarks', material.landmarks(1), '--out', '$/out/w.csv'),
          program(
            ...['warp', '--transform', `$/${target}`, '--compose', '--reference', material.image(1)],
            ...['--out', '$/out/warp_joined.nii.gz'],
          ),
        ],
      }));
    },
  };
}
