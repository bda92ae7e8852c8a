import type { PipelineError } from '@etsef/plugin-api'
import { relative } from 'node:path'
import { totalmem } from 'node:os'
import { sortProblems } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Plan } from '../plan/build-plan.js'
import { tooMuchMemory } from './run-problems.js'

/** Memory this process may use: the machine's, or its control group's where that is less. */
export function machineMemoryMb(): number {
  const constrained = process.constrainedMemory()
  return (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) / 2 ** 20
}

/** Stages that will run and are estimated to need more memory than there is, as problems at the option that matters most. */
export function checkMemory(graph: Graph, plan: Plan, limitMb: number): PipelineError[] {
  const problems = new Map<string, PipelineError>()
  for (const { stage, state } of plan.stages.values()) {
    const node = graph.nodes.get(stage.node)
    if (state !== 'run' || !node || stage.resources.memoryMb <= limitMb) continue
    const isTraining = 'batchSize' in node.options
    problems.set(
      node.id,
      tooMuchMemory(stage, limitMb, isTraining, isTraining ? node.placeOfOption(['batchSize']) : node.place),
    )
  }
  return sortProblems([...problems.values()])
}

/** One line for a run that goes on all the same: such a stage runs with nothing beside it. */
export function aloneNotice({ message, place, expected }: PipelineError, root: string): string {
  const where = place ? ` (${relative(root, place.file)}:${String(place.line)}:${String(place.column)})` : ''
  return `${message}${where}, and there is ${expected ?? 'less'}: it runs alone, and may be ended by the system`
}
