import type { ServedRun } from '../../src/workflow/servedRuns.ts';
import type { Message } from '../session.ts';
import { Topics } from '../topics.ts';

/** What of the page can change. */
type RunsTopic = 'runs' | 'chosen' | 'message' | 'reading';

/** Milliseconds between two looks at the runs. */
const EVERY = 2000;

/** The runs that `earthmorph view` follows, and which of them are shown. */
export class Runs extends Topics<RunsTopic> {
  all: readonly ServedRun[] = [];
  message: Message | undefined;
  readonly reading = undefined;
  readonly #hidden = new Set<number>();
  #last = '';

  /** Those whose curves are shown. */
  get shown(): readonly ServedRun[] {
    return this.all.filter(({ id }) => !this.#hidden.has(id));
  }

  isShown(id: number): boolean {
    return !this.#hidden.has(id);
  }

  show(id: number, isShown: boolean): void {
    if (isShown) this.#hidden.delete(id);
    else this.#hidden.add(id);
    this.tell('chosen');
  }

  /** Looks at the runs now, and again and again while the page is seen. */
  async follow(): Promise<void> {
    for (;;) {
      if (!document.hidden) await this.#look();
      await new Promise((next) => setTimeout(next, EVERY));
    }
  }

  async #look(): Promise<void> {
    try {
      const text = await (await fetch('./runs.json')).text();
      if (this.message) this.say(undefined);
      if (text === this.#last) return;
      this.#last = text;
      this.all = JSON.parse(text) as readonly ServedRun[];
      this.tell('runs', 'chosen');
    } catch {
      this.say({ kind: 'note', text: 'The runs are no longer served; start earthmorph view again.' });
    }
  }

  say(message: Message | undefined): void {
    this.message = message;
    this.tell('message');
  }
}

/** What a run is called beside others: its path without the folders that all have before it. */
export function shortName({ name }: ServedRun, all: readonly ServedRun[]): string {
  const steps = all.map((run) => run.name.split(/[/\\]/).filter((step) => step !== ''));
  let common = 0;
  while (steps.every((path) => path.length > common + 1 && path[common] === steps[0]?.[common])) common++;
  return name
    .split(/[/\\]/)
    .filter((step) => step !== '')
    .slice(common)
    .join('/');
}
