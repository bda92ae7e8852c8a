import { rowsPerBatch } from '@etsef/plugin-api'
import { InvalidPipeline } from '../errors.js'
import type { Stage } from '../plan/stages.js'
import { streamBounds, type InputBound } from '../plan/stream-bounds.js'
import { aloneNotice, checkMemory, machineMemoryMb } from '../run/check-memory.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { planRun } from '../run/plan-run.js'
import { openStore } from '../store/store.js'
import { megabytes, nameList, pipelineRequest, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './output.js'

const words = { cached: 'cached', run: 'will run', pruned: 'pruned' } as const

/** `etsef plan FILE`: what a run would do with each node, and why. */
export async function plan(args: Arguments, output: Output): Promise<number> {
  const keyed = await keyPipeline(await checkPipeline(pipelineRequest(args)))
  const only = nameList(args.values.only)
  const to = nameList(args.values.to)
  const from = nameList(args.values.from)
  const selected = planRun(keyed, openStore(keyed.storeDir), {
    ...(only ? { only } : {}),
    ...(to ? { to } : {}),
    ...(from ? { from } : {}),
  })
  const given = megabytes(args.values.memory)
  const tooLarge = checkMemory(keyed.graph, selected.plan, given ?? machineMemoryMb())
  if (given !== undefined && tooLarge.length > 0) throw new InvalidPipeline(tooLarge)
  const stages = [...selected.plan.stages.values()]
  const byId = new Map(stages.map(({ stage }) => [stage.id, stage]))
  const boundsOf = (stage: Stage): readonly InputBound[] =>
    streamBounds(
      stage,
      keyed.graph.nodes.get(stage.node)!.installed.operation.kind,
      (input) => byId.get(input.stage)?.specs[input.output],
    )
  if (args.isJson) {
    const nodes = stages.map(({ stage, state, reason }) => ({
      stage: stage.id,
      node: stage.node,
      operation: stage.type,
      state,
      reason,
      key: stage.key,
      resources: stage.resources,
      specs: stage.specs,
      streams: boundsOf(stage),
    }))
    output.line(JSON.stringify({ pipeline: keyed.document.name, engine: keyed.engine?.id ?? null, stages: nodes }))
    return exitCodes.ok
  }
  for (const notice of keyed.notices) output.note(`note: ${notice}`)
  for (const error of tooLarge) output.note(`note: ${aloneNotice(error, keyed.root)}`)
  const width = Math.max(...stages.map(({ stage }) => stage.id.length))
  for (const { stage, state, reason } of stages)
    output.line(`${stage.id.padEnd(width)}  ${words[state].padEnd(8)}  ${state === 'pruned' ? '' : reason}`.trimEnd())
  const bounds = stages.flatMap(({ stage, state }) =>
    state === 'run' ? boundsOf(stage).map((bound) => ({ ...bound, stage: stage.id })) : [],
  )
  const widest = bounds.reduce<(typeof bounds)[number] | undefined>(
    (most, each) => ((each.bytes ?? 0) > (most?.bytes ?? -1) ? each : most),
    undefined,
  )
  if (widest)
    output.line(
      `streams: at most ${String(widest.batches)} batches of ${String(rowsPerBatch)} rows wait at an input, ${megabytesOf(widest.bytes ?? 0)} at ${widest.stage}`,
    )
  const count = (state: string): number => stages.filter((each) => each.state === state).length
  output.line(`${String(count('run'))} will run, ${String(count('cached'))} cached, ${String(count('pruned'))} pruned`)
  return exitCodes.ok
}

function megabytesOf(bytes: number): string {
  const megabytes = bytes / 2 ** 20
  return megabytes < 1 ? 'less than 1 MB' : `${megabytes.toFixed(0)} MB`
}
