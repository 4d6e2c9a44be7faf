import { SingleBar } from 'cli-progress';

/** How far some work is, on standard error. */
export interface Progress {
  /** `text` is shown behind the bar. Without a terminal nothing appears. */
  update(done: number, text?: string): void;
  /** Prints a line, above the bar where there is one. */
  line(text: string): void;
  /** Takes the bar away. Call it in any case (`finally`): a running bar keeps the process alive. */
  stop(): void;
}

/** A bar with the remaining time on a terminal, without them for an unknown total of 0; elsewhere, as in a log file, only what `line` is given. */
export function startProgress(total: number, label: string): Progress {
  return process.stderr.isTTY ? terminalBar(total, label) : linesOnly;
}

const linesOnly: Progress = {
  update: () => undefined,
  line: (text) => console.error(text),
  stop: () => undefined,
};

function terminalBar(total: number, label: string): Progress {
  const bar = new SingleBar({
    format: total > 0 ? `${label} {bar} {percentage} %, {eta_formatted} left {text}` : `${label} {text}`,
    stream: process.stderr,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    clearOnComplete: true,
    forceRedraw: true,
  });
  bar.start(total, 0, { text: '' });
  // A process that ends at once must give the terminal back as it was.
  const stop = (): void => bar.stop();
  process.once('exit', stop);
  return {
    update: (done, text) => bar.update(done, text === undefined ? {} : { text }),
    line: (text) => {
      // `stop` returns to where the cursor was saved, which must be below the line.
      process.stderr.write(`\r\x1b[K${text}\n\x1b7`);
      bar.render();
    },
    stop() {
      process.off('exit', stop);
      stop();
    },
  };
}
