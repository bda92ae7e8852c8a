import type { Resources } from '@etsef/plugin-api'

/** What is shared between the stages of a run. */
export interface ResourceBudget {
  /** What a stage is granted now, or `undefined` while too little is free. A request above the whole budget is cut down to it. */
  take(wanted: Resources): Resources | undefined
  give(granted: Resources): void
  /** No CPU is free: nothing can be taken. */
  readonly isSpent: boolean
}

/** A budget of CPUs, memory and GPU slots. */
export function createBudget(total: {
  readonly cpus: number
  readonly memoryMb: number
  readonly gpus: number
}): ResourceBudget {
  let { cpus, memoryMb, gpus } = total
  return {
    get isSpent() {
      return cpus < 1
    },
    take(wanted) {
      const granted: Resources = {
        cpus: Math.min(Math.max(1, wanted.cpus), total.cpus),
        memoryMb: Math.min(wanted.memoryMb, total.memoryMb),
        gpus: Math.min(wanted.gpus ?? 0, total.gpus),
      }
      if (granted.cpus > cpus || granted.memoryMb > memoryMb || granted.gpus! > gpus) return undefined
      cpus -= granted.cpus
      memoryMb -= granted.memoryMb
      gpus -= granted.gpus!
      return granted
    },
    give(granted) {
      cpus += granted.cpus
      memoryMb += granted.memoryMb
      gpus += granted.gpus ?? 0
    },
  }
}
