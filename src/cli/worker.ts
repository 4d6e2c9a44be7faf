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
    .summary('train what sweeps put on a Redis queue')
    .description(
      'Takes trainings from a Redis queue, one at a time, until it is stopped. Start one for each core, on any number of machines. Each machine needs the scans. Checkpoints travel through Redis, not through a shared folder.',
    );
  addQueueOptions(worker, 'the queue, for instance redis://host:6379 (rediss:// for TLS)')
    .option(
      '--data <dir>',
      'folder of the scans, the only one that is read (default: none; only made data are worked on)',
    )
    .addOption(threadsOption('threads of the CPU; one worker a core has the highest throughput').default(1))
    .option('--scratch <dir>', 'where the folder for the training under way is made (default: the temporary folder)')
    .option(
      '--stalled-after <s>',
      'seconds without a sign of life after which another worker takes over',
      number(1),
      15,
    )
    .option('--idle <s>', 'end when the queue has been empty for so many seconds (default: wait for more)', number(0))
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
      onReady: () => console.log('Waiting for trainings; Ctrl-C gives the one under way back and ends.'),
      onEvent: (trial, what) => say(`${trial}: ${what}`),
      say,
    });
    // What still waits for a Redis that is gone must not keep the process.
    if (signal.aborted) process.exit();
  }, 'stopped.');
}
