import { tmpdir } from 'node:os';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { interruptible } from './interruptible.ts';
import { number, threadsOption } from './options.ts';
import type { CommandDefinition } from './program.ts';
import { addQueueOptions, type QueueOptions, queueOf } from './queueOptions.ts';

interface Options extends QueueOptions {
  readonly data?: string;
  readonly scratch?: string;
  readonly threads: number;
  readonly stalledAfter: number;
  readonly idle?: number;
}

/** `earthmorph worker`: trains what sweeps put on a queue. */
export const workerCommand: CommandDefinition = (program) => {
  const worker = program
    .command('worker')
    .summary('train for a sweep or an experiment, from a Redis queue')
    .description(
      'Takes trainings from a Redis queue, one at a time, until it is stopped. Start one worker per core, on any number of machines. Each machine needs the scans. Checkpoints go through Redis, not through a shared folder.',
    );
  addQueueOptions(worker, 'the queue, for instance redis://host:6379 (rediss:// for TLS)')
    .option(
      '--data <dir>',
      'folder of the scans; no other folder is read (default: none; the worker then takes only trainings on synthetic data)',
    )
    .addOption(threadsOption('threads of the CPU; one worker per core has the highest throughput').default(1))
    .option('--scratch <dir>', 'where the worker keeps the folder of its training (default: the temporary folder)')
    .option(
      '--stalled-after <s>',
      'another worker takes over when this one has been silent for so many seconds',
      number(1),
      15,
    )
    .option('--idle <s>', 'end when the queue has been empty for so many seconds (default: keep waiting)', number(0))
    .addHelpText('after', '\nExample:\n  earthmorph worker --queue redis://127.0.0.1:6379 --data Task04_Hippocampus')
    .action(run);
};

const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

async function run(options: Options): Promise<void> {
  const { data, scratch, stalledAfter, idle } = options;
  const queue = await queueOf(options);
  if (queue === undefined) throw new UserError('Give the queue with --queue, for instance redis://host:6379.');
  // What talks to Redis is loaded only here: all commands would start later for it.
  const { runQueueWorker } = await import('../experiment/queue/queueWorker.ts');
  await interruptible(async (signal) => {
    await runQueueWorker({
      queue,
      ...given({ data }),
      scratch: scratch ?? tmpdir(),
      program: process.argv[1] as string,
      threads: options.threads,
      stalledAfter,
      ...given({ idle }),
      signal,
      onReady: () => console.log('Waiting for trainings. Ctrl-C gives the current one back to the queue and ends.'),
      onEvent: (trial, what) => say(`${trial}: ${what}`),
      say,
    });
    // What still waits for a Redis that is gone must not keep the process.
    if (signal.aborted) process.exit();
  }, 'stopped.');
}
