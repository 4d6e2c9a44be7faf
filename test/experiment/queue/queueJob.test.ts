import { describe, expect, it } from 'vitest';
import { experimentConfig } from '../../../src/experiment/protocol/configuration.ts';
import { allTrials } from '../../../src/experiment/protocol/trials.ts';
import { jobId } from '../../../src/experiment/queue/queueConnection.ts';
import { JOB_ID, jobOf, readJob, readProgress } from '../../../src/experiment/queue/queueJob.ts';
import { GRID } from '../grid.ts';

const stored = { version: '1.0.0', values: GRID, caseIds: ['a', 'b', 'c'], data: '/of/the/sweep' };
const [trial] = allTrials(experimentConfig(GRID));
const job = jobOf(stored, trial!, true);
const id = jobId(job.sweep, job.trial);

describe('readJob', () => {
  it('reads what a sweep puts on the queue, which names no folder', () => {
    expect(id).toMatch(JOB_ID);
    expect(JSON.stringify(job)).not.toContain('/of/the/sweep');
    expect(readJob(JSON.parse(JSON.stringify(job)), id)).toMatchObject({ task: { id: trial!.id }, made: true });
  });

  const experiment = (values: object): object => ({ ...job, experiment: { ...job.experiment, values } });
  it.each<[string, unknown, string?]>([
    ['nothing', undefined],
    ['a text', 'trial'],
    ['a list', [job]],
    ['another id', job, `${job.sweep}.other`],
    ['a path for a trial', { ...job, trial: '../../../../victim' }, `${job.sweep}.../../../../victim`],
    ['a path for a sweep', { ...job, sweep: '../victim' }],
    ['a number for a trial', { ...job, trial: 7 }],
    ['a trial of another experiment', { ...job, trial: 'mse_seed9' }, `${job.sweep}.mse_seed9`],
    ['another experiment', experiment({ ...GRID, data: '/etc' })],
    ['no experiment', { ...job, experiment: null }],
    ['no losses', experiment({ ...GRID, losses: {} })],
    ['keys of every object', experiment(JSON.parse('{"__proto__":{"a":1},"constructor":1}') as object)],
    ['more epochs', { ...job, epochsAtMost: 1e9 }],
    ['half an epoch', { ...job, epochsAtMost: 0.5 }],
    ['no cases', { ...job, experiment: { ...job.experiment, caseIds: [] } }],
    ['cases that are objects', { ...job, experiment: { ...job.experiment, caseIds: [{}] } }],
    ['a million cases', { ...job, experiment: { ...job.experiment, caseIds: Array.from({ length: 1e6 }, String) } }],
  ])('refuses %s', (_, data, own = id) => {
    expect(() => readJob(data, own)).toThrow();
  });

  it('counts the trainings of an experiment before it spells them out', () => {
    const seeds = Array.from({ length: 1000 }, (_, n) => n);
    const large = { ...GRID, seeds, rate: seeds.map((n) => n + 1), epochs: seeds.map((n) => n + 1) };
    expect(() => readJob(experiment(large), id)).toThrow();
  });
});

describe('readProgress', () => {
  const record = {
    epoch: 2,
    trainLoss: 1,
    trainSimilarity: 1,
    validationLoss: 1,
    validationSimilarity: 1,
    dice: 0.5,
    hd95: null,
    foldedPercent: 0,
    seconds: 3,
    secondsPerStep: 0.1,
    best: true,
  };
  it('reads an epoch', () => {
    expect(readProgress(JSON.stringify({ epoch: 2, worker: 'w', record }))).toMatchObject({ epoch: 2, record });
  });
  it.each([
    '',
    '0',
    '{',
    'null',
    '[]',
    JSON.stringify({ epoch: 2, worker: 'w' }),
    JSON.stringify({ epoch: 3, worker: 'w', record }),
    JSON.stringify({ epoch: 2, worker: 'w', record: { ...record, validationLoss: '\u001b[2J' } }),
    JSON.stringify({ epoch: 2, worker: 'w', record: { ...record, best: 7 } }),
    JSON.stringify({ epoch: 1e99, worker: 'w', record: { ...record, epoch: 1e99 } }),
  ])('takes %s for no progress', (text) => {
    expect(readProgress(text)).toBeUndefined();
  });
});
