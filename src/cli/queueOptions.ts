import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import { PASSWORD_VARIABLE, type QueueAddress, queueAddress, queuePassword } from '../experiment/queue/queueAddress.ts';
import { assertInstalled } from '../file/optionalPackages.ts';

/** Options that name a queue. */
export interface QueueOptions {
  readonly queue?: string;
  readonly queuePasswordFile?: string;
}

/** Adds `--queue` and `--queue-password-file`. */
export function addQueueOptions(command: Command, help: string): Command {
  return command
    .option('--queue <url>', help)
    .option(
      '--queue-password-file <file>',
      `file with the queue's password (default: the variable ${PASSWORD_VARIABLE})`,
    );
}

/**
 * The queue that the options name, if any.
 * @throws UserError when the address or the file of the password is wrong, or what talks to Redis is not installed
 */
export async function queueOf({ queue, queuePasswordFile }: QueueOptions): Promise<QueueAddress | undefined> {
  if (queue === undefined) {
    if (queuePasswordFile !== undefined)
      throw new UserError('--queue-password-file belongs to --queue; give --queue too.');
    return undefined;
  }
  assertInstalled(['bullmq', 'ioredis'], 'Queues');
  // Lists of processes show how a program was called: a password in the address would stand there for all to read.
  process.title = 'earthmorph';
  return queueAddress(queue, await queuePassword(queuePasswordFile));
}
