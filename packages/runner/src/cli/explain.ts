import { describeDifference, explainStage } from '../plan/explain.js'
import { codeChanges } from '../plan/explain-code.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { earlierOf } from '../run/plan-run.js'
import { lastRunOf } from '../run/run-record.js'
import { problem, suggest } from '../errors.js'
import { openStore } from '../store/store.js'
import { pipelineRequest, UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './output.js'

/** `etsef explain FILE NODE`: why a node would run: the first ingredient of its key that differs from the last run. */
export async function explain(args: Arguments, output: Output): Promise<number> {
  const [, node] = args.rest
  if (node === undefined) throw new UsageError('etsef explain FILE NODE')
  const keyed = await keyPipeline(await checkPipeline(pipelineRequest(args)))
  const stages = [...keyed.stages.values()].filter((stage) => stage.node === node || stage.id === node)
  if (stages.length === 0)
    throw problem('ERR_UNKNOWN_NODE', {
      message: `There is no node "${node}"`,
      received: node,
      hint: suggest(node, keyed.graph.nodes.keys(), 'nodes'),
    })
  const store = openStore(keyed.storeDir)
  const last = lastRunOf(store.dir, keyed.document.file)
  const codeChange = codeChanges(store.dir, keyed.codes)
  const explained = stages.map((stage) => {
    const isCached = store.find(stage.key).state === 'present'
    const difference = last && explainStage(stage.id, keyed.stages, earlierOf(last), codeChange)
    const cause = difference ? describeDifference(difference) : undefined
    return {
      stage: stage.id,
      key: stage.key,
      isCached,
      comparedWith: last?.run ?? null,
      difference: difference ?? null,
      cause: cause ?? null,
      ingredients: stage.ingredients,
    }
  })
  if (args.isJson) {
    output.line(JSON.stringify({ node, stages: explained }))
    return exitCodes.ok
  }
  for (const { stage, key, isCached, cause, difference, ingredients } of explained) {
    output.line(`${stage}  key ${key.slice(0, 16)}  ${isCached ? 'cached' : 'not cached'}`)
    if (last === undefined) output.line('  no earlier run of this pipeline to compare with')
    else if (cause === null)
      output.line(`  every ingredient is as in run ${last.run}${isCached ? '' : '; its artifact is not in the store'}`)
    else {
      output.line(`  since run ${last.run}: ${cause}`)
      if ((difference?.path.length ?? 0) > 1) output.line(`  on the way: ${difference?.path.join(' → ')}`)
    }
    output.line(`  made of: ${Object.keys(ingredients).join(', ')}`)
  }
  return exitCodes.ok
}
