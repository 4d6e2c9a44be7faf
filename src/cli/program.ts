import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { IMPORT_HELP } from './extensions.ts';
import { inPresentWords } from './formerOptions.ts';
import { version } from './version.ts';

/** Exit code for a mistake of the user: bad input, unknown option. */
export const USER_MISTAKE = 2;
/** Exit code of a sweep or an experiment in which trainings failed. */
export const TRAININGS_FAILED = 3;
/** Exit code for a defect of the program. */
const DEFECT = 1;

/** Adds one command to the program. One file a command; it parses, calls and prints. */
export type CommandDefinition = (program: Command) => void;

/** Builds the command line. */
export function buildProgram(commands: readonly CommandDefinition[]): Command {
  const program = new Command('earthmorph')
    .description('Deformable 3-D medical image registration: register scans, train networks, measure results.')
    .version(version)
    .option('--import <module>', IMPORT_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  for (const define of commands) define(program);
  for (const command of allCommands(program)) command.exitOverride().configureOutput({ outputError: () => undefined });
  return program;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** @throws UserError when EARTHMORPH_MEMORY is set to something else than a size */
function assertMemorySetting(): void {
  const text = process.env.EARTHMORPH_MEMORY;
  if (text === undefined || text.trim() === '' || Number(text) > 0) return;
  throw new UserError(`EARTHMORPH_MEMORY is ${text}; set it to a number of GB above 0, or unset it.`);
}

/** Runs the command line; a user's mistake is one sentence on standard error and exit code 2. */
export async function runProgram(build: () => Command | Promise<Command>, argv: readonly string[]): Promise<number> {
  try {
    assertMemorySetting();
    const program = await build();
    await program.parseAsync(inPresentWords(program, argv), { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return USER_MISTAKE;
    const sentence = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    console.error(`earthmorph: ${sentence}${/[.?)]$/.test(sentence) ? '' : '.'} See --help.`);
    return USER_MISTAKE;
  }
  if (error instanceof UserError) {
    console.error(`earthmorph: ${error.message}`);
    return USER_MISTAKE;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error('earthmorph: this is a defect of the program; please report it with the command that you ran.');
  return DEFECT;
}

/** What reads the output may stop reading, as `head` does: the work goes on, and what it prints then is lost. */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
