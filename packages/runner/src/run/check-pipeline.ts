import type { PipelineError } from '@etsef/plugin-api'
import { isAbsolute, join, resolve } from 'node:path'
import { sortProblems, withoutStacks } from '../errors.js'
import { buildGraph } from '../graph/build-graph.js'
import { checkResources } from '../graph/check-resources.js'
import { checkSpecs } from '../graph/check-specs.js'
import type { Graph } from '../graph/graph.js'
import { noMemo } from '../memo.js'
import { throughParts } from '../pipeline/through-parts.js'
import { loadPipeline } from '../pipeline/load-pipeline.js'
import { parseYaml } from '../pipeline/parse-yaml.js'
import type { PipelineDocument } from '../pipeline/read-pipeline.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry, type Registry } from '../registry/load-registry.js'
import { picturesLimitMb } from '../store/pictures-limit.js'
import { storeFolders } from '../store/store-folders.js'
import { checkContent } from './check-content.js'
import { pipelineFiles } from './pipeline-files.js'
import type { Shared } from './shared.js'
import { storeDirOf } from './store-dir.js'

/** What to check, plan or run. */
export interface PipelineRequest {
  /** Path of the pipeline file. */
  readonly file: string
  readonly cwd: string
  readonly overrides?: readonly string[]
  /** What problems name as the line of each override; left out: its position. */
  readonly overrideLines?: readonly number[]
  readonly profile?: string | undefined
  readonly seed?: string | number | undefined
  readonly engine?: string | undefined
  readonly storeDir?: string | undefined
  readonly isParanoid?: boolean
  /** Folders of plugin packages that the project does not list. */
  readonly plugins?: readonly string[]
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

/** Reads and checks a pipeline completely, without running or importing any operation's code. */
export async function checkPipeline(request: PipelineRequest, shared?: Shared): Promise<CheckedPipeline> {
  const memo = shared?.memo ?? noMemo
  const root = memo.of(['root', request.cwd], () => findProjectRoot(request.cwd))
  const storeDir = storeDirOf(root, request.cwd, request.storeDir)
  // A worker would tell of it at the first source.
  picturesLimitMb()
  const path = resolve(request.cwd, request.file)
  const files = shared?.files ?? pipelineFiles(root, join(storeDir, storeFolders.cache), parseYaml)
  const overrides = request.overrides ?? []
  const loaded = loadPipeline({
    path,
    root,
    files,
    profile: request.profile,
    overrides,
    overrideLines: request.overrideLines,
    memo,
  })
  const registry =
    shared?.registry ??
    (await loadRegistry(
      root,
      loaded.document.nodes.flatMap(({ use }) => (use ? [use.type] : [])),
      request.plugins,
    ))
  const problems = [...registry.problems, ...loaded.problems]
  const document: PipelineDocument = {
    ...loaded.document,
    seed: request.seed ?? loaded.document.seed,
    engine: request.engine ?? loaded.document.engine,
  }
  const built = withoutStacks(() => buildGraph(document, registry, problems, memo))
  const resolvePath = (content: string): string => (isAbsolute(content) ? content : resolve(root, content))
  checkContent(built.nodes, resolvePath, problems, memo)
  const notices = [...registry.notices, ...document.notices, ...built.notices]
  const notice = (message: string): void => void notices.push(message)
  const { specs, ancestries } = checkSpecs(
    { ...built, seed: document.seed, resolve: resolvePath, notice, memo },
    problems,
  )
  checkResources(built.nodes, specs, problems, { ancestries, memo })
  const graph: Graph = { nodes: built.nodes, wanted: built.wanted, specs, ancestries }
  return {
    request,
    root,
    storeDir,
    registry,
    document,
    graph,
    order: built.order,
    notices,
    problems: sortProblems(throughParts(problems, document.nodes)),
  }
}
