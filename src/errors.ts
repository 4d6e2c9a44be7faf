/**
 * A mistake in what the user gave: one sentence that says what is wrong and what to do.
 * The command line prints the message and exits with code 2; every other error is a defect of the program.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
