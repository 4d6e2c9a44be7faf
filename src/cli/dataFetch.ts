import { Argument, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { fetchArchive, HIPPOCAMPUS } from '../file/download.ts';
import { interruptible } from './interruptible.ts';
import { jsonOption, number } from './options.ts';
import { printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { transferProgress } from './transferProgress.ts';

interface Options {
  readonly out: string;
  readonly url: string;
  readonly md5: string;
  readonly timeout: number;
  readonly json?: boolean;
}

const licence = 'CC BY-SA 4.0';
const attribution =
  'Medical Segmentation Decathlon, Task04 Hippocampus; Antonelli et al., Nature Communications 13, 4128 (2022)';

/** `earthmorph data fetch`: downloads a public data set. */
export const dataFetchCommand: CommandDefinition = (program) => {
  program
    .command('fetch')
    .summary('download a public data set')
    .description(
      'Downloads a public data set, checks it and unpacks it. hippocampus is crops of brain MRI (27 MB) from the Medical Segmentation Decathlon, CC BY-SA 4.0. Ctrl-C stops the download; the same command continues it.',
    )
    .addArgument(new Argument('<name>', 'the data set').choices(['hippocampus']))
    .option('--out <folder>', 'folder in which the folder of the data set is made', 'data')
    .option('--url <address>', 'another address of the archive', address, HIPPOCAMPUS.url)
    .option('--md5 <digits>', 'md5 of the archive, if it differs from the published one', md5, HIPPOCAMPUS.md5)
    .option('--timeout <s>', 'give up when the server has sent nothing for so many seconds', number(1), 60)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  earthmorph data fetch hippocampus --out data')
    .action(run);
};

async function run(_name: string, { out, url, md5, timeout, json }: Options): Promise<void> {
  await interruptible(async (signal) => {
    const progress = transferProgress();
    let downloaded = false;
    const folder = await fetchArchive({
      ...HIPPOCAMPUS,
      ...{ url, md5, outDir: out, signal, limits: { idleSeconds: timeout } },
      onProgress: (...news) => {
        downloaded = true;
        progress.report(...news);
      },
    }).finally(progress.stop);
    if (json) printJson({ folder, licence, attribution });
    else
      console.log(
        `${downloaded ? `Wrote ${folder}.` : `${folder} was there already.`}\n${attribution}. Licence: ${licence}.`,
      );
  }, 'The download was stopped; the same command continues it.');
}

function address(text: string): string {
  // Not repeated: an address may hold a password.
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw new UserError('--url must be an address that starts with http:// or https://.');
  return text;
}

function md5(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new InvalidArgumentError('It must be 32 hexadecimal digits.');
  return text;
}
