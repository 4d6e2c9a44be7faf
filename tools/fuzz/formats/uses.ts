import { join } from 'node:path';
import type { Job, Seed } from '../format.ts';
import type { Material } from '../material.ts';

type Uses = Seed['uses'];

/** A command line; `$` stands for the case's folder at the beginning of a path, `out` for where results go. */
export function program(...args: readonly string[]): (folder: string) => Job {
  return (folder) => ({ door: 'program', args: args.map((arg) => arg.replace(/^\$(?=\/|$)/, folder)) });
}

/** A call of the library with a path in the case's folder. */
export function library(call: Extract<Job, { door: 'library' }>['call'], path: string): (folder: string) => Job {
  return (folder) => ({ door: 'library', call, path: join(folder, path) });
}

const ALONE = ['--model', 'none', '--threads', '1'];

/** What reads an image. */
export function usesOfImage(file: string, material: Material): Uses {
  const x = `$/${file}`;
  const warp = join(material.registered, 'warp.nii.gz');
  const quick = ['--refine', '2', '--loss', 'mse'];
  const outputs = ['--moved', '$/out/moved.nii.gz', '--warp', '$/out/warp.nii.gz'];
  return [
    library('readVolume', file),
    library('readVolume', file),
    program('warp', '--warp', warp, '--image', x, '--out', '$/out/warped.nii.gz'),
    program('distance', x, material.image(1), '--loss', 'mse', '--threads', '1', '--json'),
    program('register', '--fixed', x, '--moving', material.image(2), ...ALONE, ...quick, ...outputs),
    program('register', '--fixed', material.image(1), '--moving', x, ...ALONE, ...quick, ...outputs),
    program(
      ...['register', '--fixed', x, '--moving', material.image(2), '--model', material.run, '--threads', '1'],
      ...[...outputs, '--inverse-warp', '$/out/inverse.nii.gz', '--figure', '$/out/figure.svg'],
    ),
  ];
}

/** What reads a segmentation. */
export function usesOfLabels(file: string, material: Material): Uses {
  const x = `$/${file}`;
  const pair = [
    '--fixed',
    material.image(1),
    '--moving',
    material.image(2),
    ...ALONE,
    '--refine',
    '1',
    '--loss',
    'mse',
  ];
  return [
    library('readLabels', file),
    program('metrics', '--fixed-labels', x, '--moved-labels', material.labels(1), '--json'),
    program('warp', '--warp', join(material.registered, 'warp.nii.gz'), '--labels', x, '--out', '$/out/warped.nii.gz'),
    program('tre', '--landmarks', x, '--moving-landmarks', material.labels(1), '--json'),
    program('register', ...pair, '--fixed-labels', x, '--moving-labels', material.labels(2), '--json'),
    program('register', ...pair, '--fixed-mask', x, '--moved', '$/out/moved.nii.gz'),
  ];
}

/** What reads a warp. */
export function usesOfWarp(file: string, material: Material): Uses {
  const x = `$/${file}`;
  return [
    library('readWarp', file),
    program('jacobian', '--warp', x, '--out', '$/out/jacobian.nii.gz', '--log', '--json'),
    program('metrics', '--warp', x, '--json'),
    program('warp', '--warp', x, '--image', material.image(2), '--out', '$/out/warped.nii.gz'),
    program('warp', '--warp', x, '--landmarks', material.landmarks(1), '--out', '$/out/warped.csv'),
    program(
      ...['tre', '--landmarks', material.landmarks(1), '--moving-landmarks', material.landmarks(2)],
      ...['--warp', x, '--json'],
    ),
  ];
}
