import type { Resources } from '@etsef/plugin-api'

/** What a stage was granted: GPUs by device, so that two stages never compute on one. */
export interface Granted {
  readonly cpus: number
  readonly memoryMb: number
  readonly devices: readonly string[]
}

/** What is shared between the stages of a run. */
export interface ResourceBudget {
  /**
   * What a stage is granted now, or `undefined` while too little is free. A request above the whole budget is cut down to it.
   *
   * @param isAlone - Nothing else can run beside it: it gets the free CPUs that it can use.
   */
  take(wanted: Resources, isAlone?: boolean): Granted | undefined
  /** Grants the free CPUs that a stage can use on top of what it has; `undefined` where there is none. What it had is not to be given back. */
  extend(granted: Granted, wanted: Resources): Granted | undefined
  give(granted: Granted): void
  /** No CPU is free: nothing can be taken. */
  readonly isSpent: boolean
}

/** A budget of CPUs, memory and GPU devices. */
export function createBudget(total: {
  readonly cpus: number
  readonly memoryMb: number
  readonly devices: readonly string[]
}): ResourceBudget {
  let { cpus, memoryMb } = total
  const free = [...total.devices]
  return {
    get isSpent() {
      return cpus < 1
    },
    take(wanted, isAlone = false) {
      const numDevices = Math.min(wanted.gpus ?? 0, total.devices.length)
      const wantedCpus = Math.min(Math.max(1, wanted.cpus), total.cpus)
      const wantedMb = Math.min(wanted.memoryMb, total.memoryMb)
      if (wantedCpus > cpus || wantedMb > memoryMb || numDevices > free.length) return undefined
      const grantedCpus = isAlone ? Math.max(wantedCpus, Math.min(wanted.maxCpus ?? 0, cpus)) : wantedCpus
      cpus -= grantedCpus
      memoryMb -= wantedMb
      return { cpus: grantedCpus, memoryMb: wantedMb, devices: free.splice(0, numDevices) }
    },
    extend(granted, wanted) {
      const more = Math.min((wanted.maxCpus ?? 0) - granted.cpus, cpus)
      if (more < 1) return undefined
      cpus -= more
      return { ...granted, cpus: granted.cpus + more }
    },
    give(granted) {
      cpus += granted.cpus
      memoryMb += granted.memoryMb
      free.push(...granted.devices)
      free.sort()
    },
  }
}

/**
 * Ids of the GPUs a run may use.
 *
 * @param count - As asked for on the command line.
 * @param visible - `CUDA_VISIBLE_DEVICES` of the surroundings (a cluster's grant): nothing outside it is used.
 */
export function gpuDevices(count: number, visible: string | undefined): readonly string[] {
  const ids = visible === undefined ? Array.from({ length: count }, (_, index) => String(index)) : visible.split(',')
  return ids
    .map((id) => id.trim())
    .filter((id) => id !== '')
    .slice(0, count)
}
