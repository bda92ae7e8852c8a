import { PipelineError, type EngineProbe, type Json, type JsonObject } from '@etsef/plugin-api'
import { existsSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { InvalidPipeline, problem, sortProblems, withoutStacks } from '../errors.js'
import { buildGraph } from '../graph/build-graph.js'
import { contentOptions, replaceAt, type Schema } from '@etsef/plugin-api/semantics'
import { checkResources } from '../graph/check-resources.js'
import { checkSpecs } from '../graph/check-specs.js'
import type { Graph, GraphNode } from '../graph/graph.js'
import { loadPipeline, type PipelineFiles } from '../pipeline/load-pipeline.js'
import { parseYaml } from '../pipeline/parse-yaml.js'
import type { PipelineDocument } from '../pipeline/read-pipeline.js'
import { buildStages, type Stage } from '../plan/stages.js'
import { cacheFolder } from '../registry/cache-folder.js'
import { findProjectRoot } from '../registry/find-project.js'
import {
  implementationDigests,
  type ImplementationDigests,
  type PluginCode,
} from '../registry/implementation-digest.js'
import { loadRegistry, type Registry } from '../registry/load-registry.js'
import { contentDigest, type ContentDigest } from '../store/content-digest.js'
import { storeFolders } from '../store/store.js'
import { probeEngine } from './engine.js'
import { pipelineFiles } from './pipeline-files.js'
import { storeDirOf } from './store-dir.js'

/** What to check, plan or run. */
export interface PipelineRequest {
  /** Path of the pipeline file. */
  readonly file: string
  readonly cwd: string
  readonly overrides?: readonly string[]
  readonly profile?: string | undefined
  readonly seed?: string | number | undefined
  readonly engine?: string | undefined
  readonly storeDir?: string | undefined
  readonly isParanoid?: boolean
}

/** A pipeline that was checked. */
export interface CheckedPipeline {
  readonly request: PipelineRequest
  readonly root: string
  readonly storeDir: string
  readonly registry: Registry
  readonly document: PipelineDocument
  readonly graph: Graph
  readonly order: readonly string[]
  readonly notices: readonly string[]
  /** In the order of the text; empty when the pipeline is valid. */
  readonly problems: readonly PipelineError[]
}

/** What many variants of one pipeline need once: what was read of files, plugins and content, for a moment in which nothing changes. */
export interface Shared {
  readonly files: PipelineFiles
  readonly registry: Registry
  readonly digests: ImplementationDigests
  readonly contents: Map<string, ContentDigest>
  readonly engines: Map<string | undefined, EngineProbe>
}

/** Reads and checks a pipeline completely, without running or importing any operation's code. */
export async function checkPipeline(request: PipelineRequest, shared?: Shared): Promise<CheckedPipeline> {
  const root = findProjectRoot(request.cwd)
  const storeDir = storeDirOf(root, request.cwd, request.storeDir)
  const path = resolve(request.cwd, request.file)
  const files = shared?.files ?? pipelineFiles(root, join(storeDir, storeFolders.cache), parseYaml)
  const overrides = request.overrides ?? []
  const loaded = loadPipeline({ path, root, files, profile: request.profile, overrides })
  const registry =
    shared?.registry ??
    (await loadRegistry(
      root,
      loaded.document.nodes.flatMap(({ use }) => (use ? [use.type] : [])),
    ))
  const problems = [...registry.problems, ...loaded.problems]
  const document: PipelineDocument = {
    ...loaded.document,
    seed: request.seed ?? loaded.document.seed,
    engine: request.engine ?? loaded.document.engine,
  }
  const built = withoutStacks(() => buildGraph(document, registry, problems))
  const resolvePath = (content: string): string => (isAbsolute(content) ? content : resolve(root, content))
  checkContent(built.nodes, resolvePath, problems)
  const notices = [...registry.notices, ...built.notices]
  const notice = (message: string): void => void notices.push(message)
  const specs = checkSpecs(
    { nodes: built.nodes, order: built.order, seed: document.seed, resolve: resolvePath, notice },
    problems,
  )
  checkResources(built.nodes, specs, problems)
  const graph: Graph = { nodes: built.nodes, wanted: built.wanted, specs }
  return {
    request,
    root,
    storeDir,
    registry,
    document,
    graph,
    order: built.order,
    notices,
    problems: sortProblems(problems),
  }
}

function checkContent(
  nodes: ReadonlyMap<string, GraphNode>,
  resolvePath: (path: string) => string,
  problems: PipelineError[],
): void {
  for (const node of nodes.values()) {
    for (const { path, text } of contentOptions(node.installed.operation.options as Schema, node.options)) {
      const option = path.join('/')
      const found = kindOfPath(resolvePath(text))
      if (found === 'content') continue
      if (found === 'other') {
        problems.push(
          problem('ERR_BAD_DATA', {
            message: `Node "${node.id}", option "${option}": "${text.slice(0, 200)}" is a pipe, a device or a socket`,
            place: node.placeOfOption(path),
            node: node.id,
            option,
            expected: 'a file or a folder',
            hint: 'copy what it gives into a file',
          }),
        )
        continue
      }
      problems.push(
        problem('ERR_MISSING_FILE', {
          message: `Node "${node.id}", option "${option}": there is nothing at "${text.slice(0, 200)}"`,
          place: node.placeOfOption(path),
          node: node.id,
          option,
          expected: 'a file or folder',
          received: text.slice(0, 200),
          hint: 'paths are relative to the folder of package.json',
        }),
      )
    }
  }
}

function kindOfPath(path: string): 'content' | 'other' | 'nothing' {
  try {
    const stats = statSync(path)
    return stats.isFile() || stats.isDirectory() ? 'content' : 'other'
  } catch {
    return 'nothing'
  }
}

/** Content that an option names. */
export interface DigestedOption {
  readonly option: string
  /** As the option has it. */
  readonly text: string
  readonly content: ContentDigest
}

/** A checked pipeline with the key of every stage. */
export interface KeyedPipeline extends CheckedPipeline {
  readonly stages: ReadonlyMap<string, Stage>
  readonly engine: EngineProbe | undefined
  /** Digest of every declared content, by node and option. */
  readonly contents: Readonly<
    Record<string, { readonly path: string; readonly digest: string; readonly numFiles: number }>
  >
  /** The same, by node, with what tells whether a file has changed since. */
  readonly digested: ReadonlyMap<string, readonly DigestedOption[]>
  /** Code of the plugins of the pipeline, by its digest. */
  readonly codes: ReadonlyMap<string, PluginCode>
}

/** Digests of plugins' code, remembered between runs. */
export function openDigests(root: string, storeDir: string, isParanoid: boolean): ImplementationDigests {
  return implementationDigests(cacheFolder(root) ?? join(storeDir, 'stat-cache'), isParanoid)
}

/**
 * Computes the keys of a valid pipeline: digests content and plugins, asks for the engine.
 *
 * @throws InvalidPipeline when the pipeline has problems.
 */
export async function keyPipeline(checked: CheckedPipeline, shared?: Shared): Promise<KeyedPipeline> {
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const { graph, root, storeDir, request, document } = checked
  const isParanoid = request.isParanoid ?? false
  const needsEngine = [...graph.nodes.values()].some((node) => node.installed.operation.engine === 'tensor')
  const engine = needsEngine
    ? (shared?.engines.get(document.engine) ?? (await probeEngine(checked.registry, document.engine)))
    : undefined
  if (engine) shared?.engines.set(document.engine, engine)
  const digests = shared?.digests ?? openDigests(root, storeDir, isParanoid)
  const contents: Record<string, { path: string; digest: string; numFiles: number }> = {}
  const digested = new Map<string, readonly DigestedOption[]>()
  const known = shared?.contents ?? new Map<string, ContentDigest>()
  const problems: PipelineError[] = []
  const codes = new Map<string, PluginCode>()
  const content = (node: GraphNode): { keyed: JsonObject; absolute: JsonObject } => {
    let keyed: Json = node.options
    let absolute: Json = node.options
    for (const { path, text } of contentOptions(node.installed.operation.options as Schema, node.options)) {
      const full = isAbsolute(text) ? text : resolve(root, text)
      try {
        const named = node.installed.operation.contentFiles?.(full) ?? []
        const key = [full, ...named].join('\u0000')
        const found = known.get(key) ?? contentDigest(full, { storeDir, isParanoid, named })
        known.set(key, found)
        const option = path.join('.')
        contents[`${node.id}.${option}`] = { path: text, digest: found.digest, numFiles: found.numFiles }
        digested.set(node.id, [...(digested.get(node.id) ?? []), { option, text, content: found }])
        keyed = replaceAt(keyed, path, `sha256:${found.digest}`)
        absolute = replaceAt(absolute, path, full)
      } catch (thrown) {
        if (!(thrown instanceof PipelineError)) throw thrown
        const { code, message, expected, hint } = thrown
        problems.push(
          problem(code, {
            message: `Node "${node.id}": ${message}`,
            node: node.id,
            place: node.placeOfOption(path),
            expected,
            hint,
          }),
        )
      }
    }
    return { keyed: keyed as JsonObject, absolute: absolute as JsonObject }
  }
  const contentByNode = new Map<string, { keyed: JsonObject; absolute: JsonObject }>()
  const stages = buildStages(graph, checked.order, {
    seed: document.seed,
    engineId: engine?.id,
    implementationDigest: (plugin) => {
      const code = digests.of(plugin)
      codes.set(code.digest, code)
      return code.digest
    },
    content: (node) => {
      const own = contentByNode.get(node.id) ?? content(node)
      contentByNode.set(node.id, own)
      return own
    },
  })
  if (!shared && (cacheFolder(root) !== undefined || existsSync(storeDir))) digests.save()
  if (problems.length > 0) throw new InvalidPipeline(sortProblems(problems))
  return { ...checked, stages, engine, contents, digested, codes }
}
