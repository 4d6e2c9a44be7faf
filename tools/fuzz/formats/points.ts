import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeLandmarkCsv, encodeLandmarkCsv, encodeTag } from '../../../src/index.ts';
import type { Format, Seed } from '../format.ts';
import type { Material } from '../material.ts';
import { TEXT } from '../mutateText.ts';
import { templateOf } from './template.ts';
import { library, program } from './uses.ts';

/** Landmark CSVs and MNI tag files of one image and of two, and ITK's linear transforms. */
export function pointsFormat(material: Material): Format {
  return {
    name: 'points',
    async seeds(folder) {
      const points = (n: number) => decodeLandmarkCsv(readFileSync(material.landmarks(n), 'utf8'), `${n}`);
      const one = points(1);
      const two = one.map((landmark, n) => ({ ...landmark, second: points(2)[n]!.first }));
      const warp = join(material.registered, 'warp.nii.gz');
      const pair = ['--fixed', material.image(1), '--moving', material.image(2), '--model', 'none', '--threads', '1'];
      const refined = [...pair, '--refine', '1', '--loss', 'mse'];
      const seeds: Seed[] = [];
      const add = (name: string, content: string, uses: Seed['uses']): void => {
        seeds.push({ template: templateOf(folder, name, content), target: name, mutations: TEXT, uses });
      };
      for (const [ending, encode, call] of [
        ['csv', encodeLandmarkCsv, 'decodeLandmarkCsv'],
        ['tag', encodeTag, 'decodeTag'],
      ] as const) {
        add(`one.${ending}`, encode(one), [
          library(call, `one.${ending}`),
          program('tre', '--landmarks', `$/one.${ending}`, '--moving-landmarks', material.landmarks(2), '--json'),
          program('tre', '--landmarks', material.landmarks(2), '--moving-landmarks', `$/one.${ending}`, '--json'),
          program('warp', '--warp', warp, '--landmarks', `$/one.${ending}`, '--out', '$/out/warped.tag'),
        ]);
        add(`two.${ending}`, encode(two), [
          library(call, `two.${ending}`),
          program('tre', '--landmarks', `$/two.${ending}`, '--warp', warp, '--json'),
          program('warp', '--warp', warp, '--landmarks', `$/two.${ending}`, '--out', '$/out/warped.csv'),
          program('register', ...refined, '--landmarks', `$/two.${ending}`, '--fixed-points', 'first', '--json'),
        ]);
      }
      const onto = ['--reference', material.image(1), '--image', material.image(2)];
      const matrix = readFileSync(join(material.registered, 'affine.tfm'), 'utf8');
      add('affine.tfm', matrix, [
        library('decodeItkTransform', 'affine.tfm'),
        program('warp', '--transform', '$/affine.tfm', ...onto, '--out', '$/out/moved.nii.gz'),
        program('warp', '--transform', '$/affine.tfm', '--landmarks', material.landmarks(1), '--out', '$/out/w.csv'),
      ]);
      return seeds;
    },
  };
}
