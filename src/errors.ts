/**
 * A mistake in what the user gave: one sentence that says what is wrong and what to do.
 * The command line prints the message and exits with code 2; every other error is a defect of the program.
 * What a message quotes of a file stays on its line, sends no commands to a terminal, and is cut short where it is very
 * long.
 * @example if (error instanceof UserError) console.error(error.message)
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** That a device which was asked for is not there. */
export class DeviceError extends UserError {}

const LONGEST_WORD = 400;

/** A text from outside for one line of a terminal: without control characters, with long words cut short. */
export function printable(text: string): string {
  const end = LONGEST_WORD / 2;
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]+/gu, ' ')
    .replace(/\S+/g, (word) => (word.length > LONGEST_WORD ? `${word.slice(0, end)}…${word.slice(-end)}` : word));
}
