import type { Command } from 'commander';

/** Former names of options, and their present ones. */
const FORMER: ReadonlyMap<string, string> = new Map([
  ['--affine', '--align'],
  ['--affine-loss', '--align-loss'],
  ['--affine-loss-option', '--align-loss-option'],
  ['--layout', '--feature-layout'],
  ['--mri', '--mri-sequence'],
  ['--step', '--phase'],
  ['--workers', '--processes'],
]);

/** The words of a call with the present names of its options, where the command that is called has them. */
export function inPresentWords(program: Command, argv: readonly string[]): string[] {
  let command = program;
  for (const word of argv) command = command.commands.find((each) => each.name() === word) ?? command;
  // What a group does by itself is its first command.
  const flags = [command, ...command.commands.slice(0, 1)].flatMap(({ options }) => options.map(({ long }) => long));
  return argv.map((word) => {
    const [, flag = word, value = ''] = /^(--[a-z-]+)(=.*)?$/s.exec(word) ?? [];
    const present = FORMER.get(flag);
    return present !== undefined && flags.includes(present) && !flags.includes(flag) ? present + value : word;
  });
}
