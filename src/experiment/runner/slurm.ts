import { UserError } from '../../errors.ts';

/** What the script of an array job needs. */
interface ArrayJob {
  /** Name of the job. */
  readonly name: string;
  /** How `earthmorph` is called on the cluster's nodes, ready for a shell. */
  readonly command: string;
  /** Folder of the experiment, seen alike from all nodes. */
  readonly folder: string;
  readonly ids: readonly string[];
  /** Cores of a task. */
  readonly threads: number;
  /** Hours that a task may run; its training goes on in another when they are over. */
  readonly hours: number;
  /** Tasks at a time. */
  readonly processes: number;
}

/**
 * The script of a Slurm array job, a task a trial. A task that reaches its time limit or is preempted is queued again
 * and goes on from its last finished epoch.
 * @throws UserError when there is nothing to do
 */
export function slurmScript({ name, command, folder, ids, threads, hours, processes }: ArrayJob): string {
  if (ids.length === 0) throw new UserError('All trials are finished; there is nothing to submit.');
  const minutes = Math.ceil(hours * 60);
  return `#!/usr/bin/env bash
#SBATCH --job-name=${name.replace(/[^\w.-]+/g, '-')}
#SBATCH --array=0-${ids.length - 1}%${processes}
#SBATCH --cpus-per-task=${threads}
#SBATCH --mem=8G
#SBATCH --time=${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
set -u

trials=(
${ids.map((id) => `  ${shellWord(id)}`).join('\n')}
)

# Shortly before the time limit the task stops after the step under way and asks to be queued again.
again() {
  kill -INT "$!"
  wait "$!"
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
  exit 0
}
trap again USR1

${command} trial ${shellWord(folder)} "\${trials[$SLURM_ARRAY_TASK_ID]}" --threads ${threads} &
wait "$!"
`;
}

/** A word for a POSIX shell, quoted where it holds signs that a shell reads. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,][\w./:@%+=,-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
