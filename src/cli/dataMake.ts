import type { Command } from 'commander';
import type { Generator, Made } from '../synthesis/generator.ts';
import { generators } from '../synthesis/registry.ts';
import { makeDataset } from '../workflow/makeDataset.ts';
import { endsAtOnce } from './interruptible.ts';
import { jsonOption } from './options.ts';
import { counted, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';
import { addSettingOptions, settingsOf } from './settingsOptions.ts';

interface Options extends Record<string, unknown> {
  readonly out: string;
  readonly json?: boolean;
}

/** `earthmorph data <generator>`: makes synthetic data, a command for each generator. */
export const dataMakeCommands: CommandDefinition = (program) => {
  for (const generator of generators().values()) define(program, generator);
};

function define(program: Command, generator: Generator<never>): void {
  const { name, summary, description, schema } = generator;
  const command = program
    .command(name)
    .summary(summary)
    .description(description)
    .requiredOption('--out <folder>', 'folder of the data set; it must be new or empty');
  addSettingOptions(command, schema)
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  earthmorph data ${name} --out made --cases 12 --seed 1`)
    .action((options: Options) => run(generator, options));
}

async function run(generator: Generator<never>, { out, json, ...options }: Options): Promise<void> {
  const settings = settingsOf(generator.schema, options);
  const { cases, seed } = generator.schema.parse(settings) as { cases: number; seed: number };
  await endsAtOnce(async () => {
    const progress = startProgress(cases, 'Making cases');
    const made = await makeDataset(out, generator, settings, (done) => progress.update(done)).finally(progress.stop);
    const { kind } = made.synthetic;
    if (json) printJson({ folder: out, [kind]: true, cases, seed, ...columnsOf(made) });
    else
      console.log(
        `${out}: ${counted(cases, `${kind} case`)}, seed ${seed}${made.remark === undefined ? '' : `; ${made.remark}`}`,
      );
  }, 'Stopped; nothing was written.');
}

/** What is known of the cases, a list each. */
function columnsOf({ cases = [] }: Made): Record<string, unknown[]> {
  const keys = Object.keys(cases[0] ?? {});
  return Object.fromEntries(keys.map((key) => [key, cases.map((each) => each[key])]));
}
