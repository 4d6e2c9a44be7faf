import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Format } from '../format.ts';
import { EXPERIMENT, type Material } from '../material.ts';
import { unread } from '../mutateBytes.ts';
import { MANIFEST, TABLE } from '../mutateList.ts';
import { JSON_TEXT, TEXT } from '../mutateText.ts';
import { templateFrom, templateOf } from './template.ts';
import { library, program } from './uses.ts';

const PAIRS = `fixed,moving,fixed_labels,moving_labels
imagesTr/phantom_001.nii.gz,imagesTr/phantom_002.nii.gz,labelsTr/phantom_001.nii.gz,labelsTr/phantom_002.nii.gz
phantom_003,phantom_004,,
`;

const scan = (n: number, folder = 'images'): string => `./${folder}Tr/phantom_00${n}.nii.gz`;

/** The phantoms as a task of Learn2Reg. */
const TASK = {
  name: 'Task',
  labels: { 0: 'background', 1: 'head', 2: 'body' },
  training: [1, 2, 3, 4].map((n) => ({ image: scan(n), label: scan(n, 'labels') })),
  training_paired_images: [{ fixed: scan(1), moving: scan(2) }],
  registration_val: [{ fixed: scan(3), moving: scan(4) }],
  registration_test: [{ fixed: scan(5), moving: scan(6) }],
};

/** Files that name other files: lists of pairs, and what describes a data set or an experiment. */
export function listsFormat(material: Material): Format {
  return {
    name: 'lists',
    async seeds(folder) {
      const data = ['--data', material.phantom];
      const refined = ['--model', 'none', '--refine', '1', '--loss', 'mse', '--threads', '1'];
      const phantom = templateFrom(folder, 'data', material.phantom);
      const simulated = templateFrom(folder, 'simulated', material.simulated);
      const task = templateFrom(folder, 'task', material.phantom);
      writeFileSync(join(task, 'task/dataset.json'), JSON.stringify(TASK, null, 2));
      const listed = templateOf(
        folder,
        'cases.txt',
        'phantom_001\nphantom_002\nphantom_003\nphantom_004\nphantom_005\n',
      );
      writeFileSync(
        join(listed, 'experiment.json'),
        JSON.stringify({ ...EXPERIMENT, data: material.phantom, split: [40, 30, 30], cases: 'cases.txt' }),
      );
      const experiment = JSON.stringify({ ...EXPERIMENT, data: material.phantom, split: [40, 30, 30] }, null, 2);
      const values = { name: 'Grid', data: material.phantom, losses: ['mse smoothness=0.1|1', 'pswd patch=7'] };
      const grid = { ...values, seeds: [1, 2], split: [40, 30, 30], spacing: 1.75, pad: 16, size: 16, epochs: [2, 3] };
      const script = ['--out', '$/out/folder', '--slurm', '$/out/job.sh'];
      return [
        {
          template: templateOf(folder, 'pairs.csv', PAIRS),
          target: 'pairs.csv',
          mutations: [...TABLE, ...TEXT],
          uses: [
            program('register', '--pairs', '$/pairs.csv', ...data, '--out', '$/out/registered', ...refined, '--json'),
            program('evaluate', '--pairs', '$/pairs.csv', ...data, ...refined, '--json'),
          ],
        },
        {
          template: phantom,
          target: 'data/dataset.json',
          mutations: [...MANIFEST, ...JSON_TEXT],
          uses: [
            library('openDataset', 'data'),
            program('data', 'check', '$/data'),
            program(
              ...['train', '--data', '$/data', '--out', '$/out/run', '--size', '16', '--pad', '16', '--epochs', '1'],
              ...['--half-resolution', '--split', '40,30,30', '--threads', '1'],
            ),
          ],
        },
        {
          template: task,
          target: 'task/dataset.json',
          mutations: [...MANIFEST, ...JSON_TEXT],
          uses: [
            library('openDataset', 'task'),
            program('data', 'check', '$/task'),
            program('evaluate', '--data', '$/task', ...refined, '--json'),
            program('submission', '--data', '$/task', '--model', material.run, '--out', '$/out/submission'),
          ],
        },
        {
          template: listed,
          target: 'cases.txt',
          mutations: TEXT,
          uses: [program('sweep', 'run', '$/experiment.json', ...script)],
        },
        {
          template: simulated,
          target: 'simulated/synthetic.json',
          mutations: JSON_TEXT,
          uses: [library('openDataset', 'simulated'), program('data', 'check', '$/simulated')],
        },
        {
          template: simulated,
          target: 'simulated/Case1/Landmarks/Case1-MRI-beforeUS.tag',
          mutations: TEXT.map(unread),
          uses: [
            program('tre', '--landmarks', '$/simulated/Case1/Landmarks', '--json'),
            program('data', 'check', '$/simulated'),
          ],
        },
        ...[experiment, JSON.stringify(grid, null, 2)].map((text, n) => ({
          template: templateOf(folder, `experiment${n}.json`, text),
          target: `experiment${n}.json`,
          mutations: JSON_TEXT,
          uses: [program('sweep', 'run', `$/experiment${n}.json`, ...script)],
        })),
      ];
    },
  };
}
