import { type Progress, startProgress } from './progress.ts';

type Stage = 'download' | 'verify' | 'extract';

/** Receives how far a transfer is, and takes its bar away at the end. */
interface TransferProgress {
  readonly report: (stage: Stage, done: number, total?: number) => void;
  readonly stop: () => void;
}

const names: Readonly<Record<Stage, string>> = { download: 'Downloading', verify: 'Verifying', extract: 'Unpacking' };

/** Without a terminal, this often a line. */
const quietMs = 5000;

/**
 * Shows a transfer on standard error: one bar per stage on a terminal. Elsewhere it prints a line per stage, and
 * further lines at growing intervals.
 */
export function transferProgress(): TransferProgress {
  let stage: Stage | undefined;
  let bar: Progress | undefined;
  let lineAt = 0;
  return {
    report: (now, done, total) => {
      if (now !== stage) {
        bar?.stop();
        stage = now;
        bar = startProgress(total ?? 0, names[now], 'own');
        lineAt = 0;
      }
      const amount = total === undefined ? megabytes(done) : `${megabytes(done)} of ${megabytes(total)}`;
      bar?.update(done, amount);
      if (process.stderr.isTTY || Date.now() - lineAt < quietMs) return;
      lineAt = Date.now();
      bar?.line(`${names[now]}: ${amount}`);
    },
    stop: () => bar?.stop(),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
