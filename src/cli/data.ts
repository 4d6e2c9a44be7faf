import { dataCheckCommand } from './dataCheck.ts';
import { dataFetchCommand } from './dataFetch.ts';
import { dataMakeCommands } from './dataMake.ts';
import type { CommandDefinition } from './program.ts';

/** `earthmorph data …`: get, make and check data sets. */
export const dataCommand: CommandDefinition = (program) => {
  const data = program
    .command('data')
    .summary('get, make and check data sets')
    .description('Gets a public data set, makes a synthetic one, or checks one.')
    .addHelpText('after', '\nExample:\n  earthmorph data fetch hippocampus --out data');
  for (const define of [dataFetchCommand, dataCheckCommand, dataMakeCommands]) define(data);
};
