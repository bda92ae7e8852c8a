import type { EngineProbe, PipelineError } from '@etsef/plugin-api'
import { existsSync } from 'node:fs'
import { InvalidPipeline, sortProblems } from '../errors.js'
import { buildStages, type Stage } from '../plan/stages.js'
import { cacheFolder } from '../registry/cache-folder.js'
import type { PluginCode } from '../registry/implementation-digest.js'
import { openDigests } from '../registry/open-digests.js'
import type { ContentDigest } from '../store/content-digest.js'
import type { CheckedPipeline } from './check-pipeline.js'
import { probeEngine } from './engine.js'
import { contentsOf, digestOptions, type DigestedOption, type OptionContents } from './option-contents.js'
import type { Shared } from './shared.js'

/** A checked pipeline with the key of every stage, and the content that its options name. */
export interface KeyedPipeline extends CheckedPipeline {
  readonly stages: ReadonlyMap<string, Stage>
  readonly engine: EngineProbe | undefined
  /** Content that options name, by node and option. */
  readonly contents: OptionContents
  /** The same, by node, with what tells whether a file has changed since. */
  readonly digested: ReadonlyMap<string, readonly DigestedOption[]>
  /** Code of the plugins of the pipeline, by its digest. */
  readonly codes: ReadonlyMap<string, PluginCode>
}

/**
 * Computes the keys of a valid pipeline: digests content and plugins, asks for the engine.
 *
 * @throws InvalidPipeline when the pipeline has problems.
 */
export async function keyPipeline(checked: CheckedPipeline): Promise<KeyedPipeline> {
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const { graph, root, storeDir, request } = checked
  const isParanoid = request.isParanoid ?? false
  const engine = await engineOf(checked, new Map())
  const digests = openDigests(root, storeDir, isParanoid)
  const known = new Map<string, ContentDigest>()
  const digested = new Map<string, readonly DigestedOption[]>()
  const problems: PipelineError[] = []
  const codes = new Map<string, PluginCode>()
  const stages = buildStages(graph, checked.order, {
    seed: checked.document.seed,
    engineId: engine?.id,
    implementationDigest: (plugin) => {
      const code = digests.of(plugin)
      codes.set(code.digest, code)
      return code.digest
    },
    content: (node) => {
      const own = digestOptions(node, { root, storeDir, isParanoid, known })
      problems.push(...own.problems)
      if (own.digested.length > 0) digested.set(node.id, own.digested)
      return own
    },
  })
  if (cacheFolder(root) !== undefined || existsSync(storeDir)) digests.save()
  if (problems.length > 0) throw new InvalidPipeline(sortProblems(problems))
  return { ...checked, stages, engine, contents: contentsOf(digested), digested, codes }
}

/**
 * The engine of a pipeline, when a node computes with tensors.
 *
 * @param known - Engines that were asked for, by what is wanted; added to.
 */
export async function engineOf(
  { graph, registry, document }: CheckedPipeline,
  known: Shared['engines'],
): Promise<EngineProbe | undefined> {
  const needsEngine = [...graph.nodes.values()].some((node) => node.installed.operation.engine === 'tensor')
  if (!needsEngine) return undefined
  const engine = known.get(document.engine) ?? (await probeEngine(registry, document.engine))
  known.set(document.engine, engine)
  return engine
}
