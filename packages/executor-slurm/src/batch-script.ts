/** What a batch script is made of. */
export interface BatchScript {
  /** File with the command of each task of the array, a line each. */
  readonly commandsFile: string
  readonly root: string
  /** Exit code of a task that is to be started again. */
  readonly againCode: number
}

/** Times that Slurm starts a task again whose process was killed; one that goes on from a checkpoint is started as often as it takes. */
const maxRestarts = 5
const killedCode = 137

/**
 * The script of an array: each of its tasks runs its own line. Slurm's warning before the wall time is passed on; a task that then kept
 * something is queued again, as is one that was killed.
 */
export function batchScript({ commandsFile, root, againCode }: BatchScript): string {
  return `#!/bin/bash
cd ${quote(root)} || exit 1
eval "exec $(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quote(commandsFile)})" &
task=$!
trap 'kill -USR1 $task 2>/dev/null' USR1
trap 'kill -TERM $task 2>/dev/null' TERM
while :; do
  wait $task
  code=$?
  # A signal ends the waiting, not the task.
  kill -0 $task 2>/dev/null || break
done
if [ $code = ${String(againCode)} ] || { [ $code = ${String(killedCode)} ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${String(maxRestarts)} ]; }; then
  scontrol requeue "$SLURM_JOB_ID" && sleep 60
fi
exit $code
`
}

/** A word for the shell. */
export function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
