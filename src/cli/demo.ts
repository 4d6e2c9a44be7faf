import { given } from '../given.ts';
import { toMarkdown } from '../report/page/table.ts';
import { runDemo } from '../workflow/demo.ts';
import { coresAreFree } from './freeCores.ts';
import { endsAtOnce } from './interruptible.ts';
import { jsonOption, threadsOption } from './options.ts';
import { duration, printJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { type Progress, startProgress } from './progress.ts';
import { TrainingProgress } from './trainingProgress.ts';
import { version } from './version.ts';

interface Options {
  readonly out: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `earthmorph demo`: the main job without any data. */
export const demoCommand: CommandDefinition = (program) => {
  program
    .command('demo')
    .summary('train and register on synthetic scans')
    .description(
      'Makes synthetic scans with known truth, trains a small network, registers held-out pairs and measures the result. It needs no data.',
    )
    .option('--out <dir>', 'folder for scans, training and report; it must be new or empty', 'earthmorph-demo')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  earthmorph demo --out demo')
    .action(run);
};

async function run({ out, threads, json }: Options): Promise<void> {
  const started = performance.now();
  const progress = new TrainingProgress(json);
  let making: Progress | undefined;
  await endsAtOnce(async () => {
    try {
      const result = await runDemo({
        out,
        version,
        runtime: { spins: await coresAreFree(threads), ...given({ threads }) },
        onCase(done, total) {
          if (!making && !json) console.log('Making synthetic scans …');
          making ??= startProgress(total, 'synthetic scans');
          making.update(done);
          if (done === total) making.stop();
        },
        observer: progress.observer,
      });
      const { table, pairs, landmarkErrorBefore: before, landmarkErrorAfter: after, report, figure } = result;
      const seconds = (performance.now() - started) / 1000;
      if (json) {
        printJson({
          pairs,
          landmarkErrorBefore: before,
          landmarkErrorAfter: after,
          rows: table.rows,
          seconds,
          report,
          figure,
        });
        return;
      }
      console.log(`\n${toMarkdown(table)}`);
      console.log(
        `Landmark error ${before.toFixed(2)} → ${after.toFixed(2)} mm on scans that training never saw, in ${duration(seconds)}.`,
      );
      console.log(`Wrote ${out}; look at ${report} and ${figure}.`);
    } finally {
      making?.stop();
      progress.stop();
    }
  }, 'stopped; run the demo again to start over.');
}
