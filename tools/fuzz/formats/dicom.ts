import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readVolume } from '../../../src/node.ts';
import { dicomMultiFrame, dicomSlices } from '../../../test/support/dicom.ts';
import type { Format, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import { ANY_BYTES, cut, flips, trailing } from '../mutateBytes.ts';
import { library, program } from './uses.ts';

/** DICOM: a folder of slices of which one is harmed, and one file with all of them. */
export function dicomFormat(material: Material): Format {
  return {
    name: 'dicom',
    async seeds(folder) {
      const volume = await readVolume(material.image(2));
      const rounded = { ...volume, data: volume.data.map(Math.round) };
      const seed = (name: string, files: readonly Uint8Array[]): Seed => {
        const scan = join(folder, name, 'scan');
        mkdirSync(scan, { recursive: true });
        for (const [n, bytes] of files.entries()) writeFileSync(join(scan, `${n}.dcm`), bytes);
        const onto = ['--moving', material.image(1), '--model', 'none', '--refine', '1', '--loss', 'mse'];
        return {
          template: join(folder, name),
          target: 'scan/0.dcm',
          mutations: [
            flips(),
            flips(),
            cut(),
            trailing(),
            ...ANY_BYTES.map(({ name: harm, apply }) => ({ name: harm, apply })),
          ],
          uses: [
            library('readVolume', 'scan'),
            library('readVolume', 'scan'),
            program('register', '--fixed', '$/scan', ...onto, '--threads', '1', '--moved', '$/out/moved.nii.gz'),
          ],
        };
      };
      return [seed('slices', dicomSlices(rounded)), seed('frames', [dicomMultiFrame(rounded)])];
    },
  };
}
