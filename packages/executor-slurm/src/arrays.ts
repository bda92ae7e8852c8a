import type { ExecutorTask } from '@etsef/plugin-api'

/** Tasks of one level and one class of resources: one `sbatch`. */
export interface TaskArray {
  readonly tasks: readonly ExecutorTask[]
  readonly cpus: number
  readonly memoryMb: number
  readonly gpus: number
}

const memoryStepMb = 512
/** Of the process that runs the stages of a task. */
const ownMemoryMb = 256

/**
 * The arrays of a submission, producers first.
 *
 * @param maxSize - Tasks that Slurm takes in one array.
 */
export function taskArrays(tasks: readonly ExecutorTask[], maxSize: number): readonly TaskArray[] {
  const classes = new Map<string, ExecutorTask[]>()
  const levels = [...tasks].sort((a, b) => a.level - b.level)
  for (const task of levels) {
    const { cpus, gpus, memoryMb } = needsOf(task)
    const name = [task.level, cpus, memoryMb, gpus].join(' ')
    classes.set(name, [...(classes.get(name) ?? []), task])
  }
  return [...classes.values()].flatMap((members) =>
    Array.from({ length: Math.ceil(members.length / maxSize) }, (_, chunk) => ({
      tasks: members.slice(chunk * maxSize, (chunk + 1) * maxSize),
      ...needsOf(members[0]!),
    })),
  )
}

function needsOf({ resources: { cpus, memoryMb, gpus = 0 } }: ExecutorTask): Omit<TaskArray, 'tasks'> {
  return { cpus, gpus, memoryMb: Math.ceil((memoryMb + ownMemoryMb) / memoryStepMb) * memoryStepMb }
}
