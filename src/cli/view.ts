import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { packageFile } from '../file/packageFile.ts';
import { given } from '../given.ts';
import { servePage } from '../workflow/pageServer.ts';
import { holdsRuns, ServedRuns } from '../workflow/servedRuns.ts';
import { endsAtOnce } from './interruptible.ts';
import type { CommandDefinition } from './program.ts';

interface Options {
  readonly open: boolean;
  readonly port?: number;
}

/** `earthmorph view`: registration in the browser. */
export const viewCommand: CommandDefinition = (program) => {
  program
    .command('view')
    .summary('register two scans in the browser, or follow trainings there')
    .description(
      'Opens a page in the browser. There you drop two scans, register them, compare and measure them. Given folders of training runs or of an experiment, the page shows their losses and measures instead. Only this machine can reach the page, and it sends no data anywhere. Ctrl-C ends it.',
    )
    .argument('[paths...]', 'two scans, the fixed one first; or folders of training runs, finished or not')
    .option('--no-open', 'print the address only')
    .option('--port <number>', 'port on this machine (default: any free one)', portNumber)
    .addHelpText(
      'after',
      '\nExamples:\n  earthmorph view\n  earthmorph view fixed.nii.gz moving.nii.gz\n  earthmorph view runs/ncc runs/mse',
    )
    .action(run);
};

async function run(paths: readonly string[], options: Options): Promise<void> {
  for (const path of paths) if (!existsSync(path)) throw new UserError(`${path} does not exist; check the path.`);
  const isRun = await Promise.all(paths.map(holdsRuns));
  const runs = paths.length > 0 && isRun.every(Boolean) ? new ServedRuns(paths) : undefined;
  if (!runs && paths.length !== 0 && (paths.length !== 2 || isRun.some(Boolean)))
    throw new UserError(
      'Give two scans, first the fixed one, then the moving one; or folders of training runs; or nothing.',
    );
  const [fixed, moving] = paths;
  const folder = packageFile('dist', 'web');
  if (!existsSync(join(folder, 'index.html'))) throw new UserError('The page is not built yet; run: npm run build:web');
  const pair = !runs && fixed !== undefined && moving !== undefined ? { fixed, moving } : undefined;
  const { port } = options;
  const server = await servePage({ folder, ...given({ pair, runs, port }) }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES')
      throw new UserError(`Port ${port} cannot be used (${error.code}); give another one, or leave --port out.`);
    throw error;
  });
  console.log(`EarthMorph is at ${server.address} (Ctrl-C ends it).`);
  if (options.open) openBrowser(server.address);
  await endsAtOnce(() => new Promise(() => undefined), 'stopped; the page is no longer served.');
}

/** Opens an address in the browser of the system, where it has one. */
function openBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  // The address is printed; a machine without a browser of its own is no mistake.
  child.on('error', () => undefined);
  child.unref();
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  return port;
}
