import type { Resources } from '@etsef/plugin-api'

/** Classes of resources: each has a queue, and a worker serves those that it has the resources for. */
export const resourceClasses = ['cpu', 'gpu'] as const

/** One of {@link resourceClasses}. */
export type ResourceClass = (typeof resourceClasses)[number]

/** The class that a task belongs to. */
export function classOf({ gpus = 0 }: Resources): ResourceClass {
  return gpus > 0 ? 'gpu' : 'cpu'
}

/** Name of the queue of a class: of one store, so that a worker never meets keys of another. */
export function queueName(storeId: string, resourceClass: ResourceClass): string {
  return `etsef-${storeId}-${resourceClass}`
}

/** What a job of the queue tells: where the task is described, and what it needs. */
export interface JobData {
  /** Relative to the store. */
  readonly file: string
  readonly cpus: number
  readonly gpus: number
}

/** A file beside those of a run's tasks: the run was cancelled, and what of it is at work ends. */
export const cancelledFile = 'cancelled'
