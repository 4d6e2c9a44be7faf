import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/experiment/protocol/plan.ts';
import { runPlan, type TaskRunner } from '../../../src/experiment/runner/runPlan.ts';
import type { TaskEnd } from '../../../src/experiment/runner/trialProcess.ts';

const never = new AbortController().signal;

function task(id: string): Task {
  return { kind: 'train', trial: { id, method: id, variant: '', seed: 1, settings: {} } };
}

/** A runner that ends as it is told, and remembers how many tasks it had at a time. */
function runnerOf(
  slots: number,
  end: (id: string, attempt: number) => TaskEnd,
): TaskRunner & { most: number; calls: string[] } {
  let busy = 0;
  const runner = {
    slots,
    most: 0,
    calls: [] as string[],
    async run({ trial: { id } }: Task): Promise<TaskEnd> {
      runner.calls.push(id);
      runner.most = Math.max(runner.most, ++busy);
      await tick();
      busy--;
      return end(id, runner.calls.filter((call) => call === id).length);
    },
  };
  return runner;
}

describe('runPlan', () => {
  it('does each task once, no more at a time than there are places, and what becomes ready on the way', async () => {
    const done: string[] = [];
    const runner = runnerOf(2, () => ({ kind: 'finished' }));
    const ready = (): Task[] =>
      ['a', 'b', 'c', ...(done.includes('b') ? ['d'] : [])].filter((id) => !done.includes(id)).map(task);
    const whole = await runPlan(
      ready,
      () => runner,
      ({ trial }) => void done.push(trial.id),
      never,
    );
    expect(whole).toBe(true);
    expect(done.sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(runner.calls).toHaveLength(4);
    expect(runner.most).toBe(2);
  });

  it('tries a task again whose process died, at most three times, and never one that is a mistake', async () => {
    const settled: Record<string, string | undefined> = {};
    const runner = runnerOf(1, (id, attempt) =>
      id === 'mistake'
        ? { kind: 'mistake', message: 'wrong' }
        : id === 'once' && attempt === 2
          ? { kind: 'finished' }
          : { kind: 'died', message: 'killed' },
    );
    const ready = (): Task[] => ['mistake', 'once', 'always'].filter((id) => !(id in settled)).map(task);
    await runPlan(
      ready,
      () => runner,
      ({ trial }, failure) => {
        settled[trial.id] = failure;
      },
      never,
    );
    expect(settled).toEqual({ mistake: 'wrong', once: undefined, always: 'killed' });
    expect(runner.calls.sort()).toEqual(['always', 'always', 'always', 'mistake', 'once', 'once']);
  });

  it('begins nothing more once it is stopped', async () => {
    const stop = new AbortController();
    const runner = runnerOf(1, () => {
      stop.abort();
      return { kind: 'stopped' };
    });
    expect(
      await runPlan(
        () => [task('a'), task('b')],
        () => runner,
        () => undefined,
        stop.signal,
      ),
    ).toBe(false);
    expect(runner.calls).toEqual(['a']);
  });

  it('ends what is running when a result cannot be kept', async () => {
    const runner = runnerOf(2, () => ({ kind: 'finished' }));
    const full = (): never => {
      throw new Error('disk full');
    };
    await expect(
      runPlan(
        () => [task('a'), task('b')],
        () => runner,
        full,
        never,
      ),
    ).rejects.toThrow('disk full');
  });
});
