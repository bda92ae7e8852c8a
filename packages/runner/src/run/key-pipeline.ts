import type { EngineProbe } from '@etsef/plugin-api'
import { existsSync } from 'node:fs'
import { InvalidPipeline, sortProblems } from '../errors.js'
import { buildStages, type Stage } from '../plan/stages.js'
import { cacheFolder } from '../registry/cache-folder.js'
import type { PluginCode } from '../registry/implementation-digest.js'
import { openDigests } from '../registry/open-digests.js'
import type { ContentDigest } from '../store/content-digest.js'
import type { CheckedPipeline } from './check-pipeline.js'
import { probeEngine } from './engine.js'
import { optionContents, type OptionContents } from './option-contents.js'
import type { Shared } from './shared.js'

/** A checked pipeline with the key of every stage, and the content that its options name. */
export interface KeyedPipeline extends CheckedPipeline, Pick<OptionContents, 'contents' | 'digested'> {
  readonly stages: ReadonlyMap<string, Stage>
  readonly engine: EngineProbe | undefined
  /** Code of the plugins of the pipeline, by its digest. */
  readonly codes: ReadonlyMap<string, PluginCode>
}

/**
 * Computes the keys of a valid pipeline: digests content and plugins, asks for the engine.
 *
 * @throws InvalidPipeline when the pipeline has problems.
 */
export async function keyPipeline(checked: CheckedPipeline, shared?: Shared): Promise<KeyedPipeline> {
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const { graph, root, storeDir, request } = checked
  const isParanoid = request.isParanoid ?? false
  const engine = await findEngine(checked, shared)
  const digests = shared?.digests ?? openDigests(root, storeDir, isParanoid)
  const options = optionContents({
    root,
    storeDir,
    isParanoid,
    known: shared?.contents ?? new Map<string, ContentDigest>(),
    memo: shared?.memo,
  })
  const codes = new Map<string, PluginCode>()
  const stages = buildStages(graph, checked.order, {
    seed: checked.document.seed,
    engineId: engine?.id,
    implementationDigest: (plugin) => {
      const code = digests.of(plugin)
      codes.set(code.digest, code)
      return code.digest
    },
    content: (node) => options.of(node),
    memo: shared?.memo,
  })
  if (!shared && (cacheFolder(root) !== undefined || existsSync(storeDir))) digests.save()
  if (options.problems.length > 0) throw new InvalidPipeline(sortProblems(options.problems))
  return { ...checked, stages, engine, contents: options.contents, digested: options.digested, codes }
}

/** The engine of the pipeline, when a node computes with tensors. */
async function findEngine(checked: CheckedPipeline, shared: Shared | undefined): Promise<EngineProbe | undefined> {
  const { graph, registry, document } = checked
  const needsEngine = [...graph.nodes.values()].some((node) => node.installed.operation.engine === 'tensor')
  if (!needsEngine) return undefined
  const engine = shared?.engines.get(document.engine) ?? (await probeEngine(registry, document.engine))
  shared?.engines.set(document.engine, engine)
  return engine
}
