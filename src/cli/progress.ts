import { SingleBar } from 'cli-progress';
import { duration } from './output.ts';

/** How far some work is, on standard error. */
export interface Progress {
  /** `text` is shown behind the bar. */
  update(done: number, text?: string): void;
  /** Prints a line, above the bar where there is one. */
  line(text: string): void;
  /** Takes the bar away. Call it in any case (`finally`): a running bar keeps the process alive. */
  stop(): void;
}

/**
 * Without a terminal, the first line comes after so many seconds, further ones ever more rarely: a log is not flooded.
 */
const FIRST_LINE = firstLine(process.env.EARTHMORPH_PROGRESS_SECONDS);
/** A further line when this share of the time so far has gone by. */
const RARER = 0.2;

/**
 * A bar with the remaining time on a terminal, without them for an unknown total of 0. Elsewhere, as in a log file, now
 * and then a line.
 * @param lines `own`: without a terminal, only what `line` is given
 */
export function startProgress(total: number, label: string, lines: 'regular' | 'own' = 'regular'): Progress {
  if (process.stderr.isTTY) return terminalBar(total, label);
  return lines === 'own' ? ownLines : regularLines(total, label);
}

const ownLines: Progress = {
  update: () => undefined,
  line: (text) => console.error(text),
  stop: () => undefined,
};

function regularLines(total: number, label: string): Progress {
  const started = performance.now();
  let done = 0;
  let next = FIRST_LINE;
  const look = (): void => {
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed < next || (total > 0 && done >= total)) return;
    next = elapsed + Math.max(FIRST_LINE, RARER * elapsed);
    console.error(progressLine(label, done, total, elapsed));
  };
  // Work of which nothing is done yet shows that it goes on, too.
  const timer = setInterval(look, Math.max(FIRST_LINE, 0.05) * 1000).unref();
  return {
    update: (now) => {
      done = now;
      look();
    },
    line: (text) => console.error(text),
    stop: () => clearInterval(timer),
  };
}

/** Timers hold at most 2³¹ ms. */
function firstLine(text = ''): number {
  const seconds = Number.parseFloat(text);
  return seconds >= 0 ? Math.min(seconds, 2e6) : 30;
}

/** `evaluating: 3 of 40, about 2 min 5 s left`, or how long it has taken where nothing tells how long it will take. */
export function progressLine(label: string, done: number, total: number, elapsed: number): string {
  const sofar = `${duration(elapsed)} so far`;
  if (total === 0) return `${label}: ${sofar}`;
  const left = done > 0 ? `about ${duration((elapsed / done) * (total - done))} left` : sofar;
  return `${label}: ${done} of ${total}, ${left}`;
}

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
