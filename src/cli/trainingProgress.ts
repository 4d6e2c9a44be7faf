import { measures, valueIn } from '../metric/measures.ts';
import { valueText } from '../metric/measureText.ts';
import type { EpochRecord } from '../training/trainer.ts';
import type { TrainingRunObserver } from '../workflow/trainingRun.ts';
import { counted, duration } from './output.ts';
import { type Progress, startProgress } from './progress.ts';

/** Shows a training: a bar for the epoch under way on a terminal, a line an epoch everywhere. */
export class TrainingProgress {
  #bar: Progress | undefined;
  #epochs = 0;
  #secondsBefore = 0;

  constructor(private readonly printJsonLines = false) {}

  /** What the training reports to. */
  readonly observer: TrainingRunObserver = {
    loading: (done, total) => {
      this.#bar ??= startProgress(total, 'reading scans');
      this.#bar.update(done);
    },
    started: (stored, state) => {
      this.stop();
      this.#epochs = stored.config.epochs;
      this.#secondsBefore = state?.seconds ?? 0;
      if (this.printJsonLines) return;
      const { train, validation, test } = stored.split;
      const beginning = state ? `Resuming after epoch ${state.epoch}` : 'Training';
      console.log(
        `${beginning}: loss ${stored.config.loss}, ${train.length} training, ${validation.length} validation, ${counted(test.length, 'held-out test case')}, at most ${counted(this.#epochs, 'epoch')}.`,
      );
    },
    progress: (epoch, done, total, loss) => {
      this.#bar ??= startProgress(total, `epoch ${epoch}`);
      this.#bar.update(done, `loss ${loss.toPrecision(4)}`);
    },
    epochDone: (record) => {
      this.stop();
      const epochsLeft = this.#epochs - record.epoch;
      const left = epochsLeft > 0 ? epochsLeft * (record.seconds - this.#secondsBefore) : undefined;
      this.#secondsBefore = record.seconds;
      console.log(this.printJsonLines ? JSON.stringify(record) : epochLine(record, left));
    },
  };

  /** Takes a bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function epochLine(record: EpochRecord, secondsLeft: number | undefined): string {
  const measured = [...measures().values()]
    .filter(({ key }) => Number.isFinite(valueIn(record, key)))
    .map((measure) => `, ${valueText(measure, valueIn(record, measure.key))}`);
  return `epoch ${record.epoch}: loss ${record.trainLoss.toFixed(5)}, validation ${record.validationLoss.toFixed(5)}${record.best ? ' (best)' : ''}${measured.join('')}${secondsLeft === undefined ? '' : `, at most ${duration(secondsLeft)} left`}`;
}
