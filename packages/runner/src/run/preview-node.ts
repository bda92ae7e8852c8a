import { canonicalJson, type JsonObject } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { problem, suggest } from '../errors.js'
import { loaderChain } from '../plan/loader-chain.js'
import { loadRegistry } from '../registry/load-registry.js'
import { openDigests } from '../registry/open-digests.js'
import { formatVersion } from '../store/manifest.js'
import { openStore } from '../store/store.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { runLoneStage } from './lone-stage.js'
import { unknownReport } from './run-problems.js'

/** The operation that draws sheets. */
const sheetOperation = 'report/sheet'

/** A node, and the output of it, whose pictures are looked at. */
export interface PreviewedPort {
  readonly node: string
  readonly port: string
}

/**
 * The image output that a name means: `node`, or `node.port`.
 *
 * @throws PipelineError `ERR_UNKNOWN_NODE`, or `ERR_BAD_REFERENCE` for an output that has no pictures.
 */
export function previewedPort({ graph }: KeyedPipeline, name: string): PreviewedPort {
  const whole = graph.nodes.get(name)
  const dot = name.lastIndexOf('.')
  const [id, port] = whole || dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)]
  const node = graph.nodes.get(id)
  if (!node)
    throw problem('ERR_UNKNOWN_NODE', {
      message: `There is no node "${name}"`,
      received: name,
      hint: suggest(name, graph.nodes.keys(), 'nodes'),
    })
  const ports = Object.entries(node.installed.operation.outputs).flatMap(([each, { kind }]) =>
    kind === 'images' ? [each] : [],
  )
  const found = port === undefined ? ports[0] : ports.find((each) => each === port)
  if (found !== undefined) return { node: id, port: found }
  const hasImages = [...graph.nodes.values()].filter(({ installed }) =>
    Object.values(installed.operation.outputs).some(({ kind }) => kind === 'images'),
  )
  throw problem('ERR_BAD_REFERENCE', {
    message: `"${name}" gives no images`,
    place: node.usePlace,
    node: id,
    expected: ports.length > 0 ? ports.map((each) => `${id}.${each}`).join(', ') : 'a node with an output of images',
    received: Object.entries(node.installed.operation.outputs).map(([each, { kind }]) => `${each} (${kind})`).join(', '), // prettier-ignore
    hint: `nodes with images: ${hasImages.map((each) => each.id).join(', ')}`,
  })
}

/**
 * Draws a sheet of the pictures of an output that a run has made.
 *
 * @param options - Of the operation that draws it.
 * @returns Path of the picture in the store: to be copied, never changed.
 */
export async function previewNode(
  keyed: KeyedPipeline,
  { node, port }: PreviewedPort,
  { run, options }: { readonly run: string; readonly options: JsonObject },
): Promise<string> {
  const { root, storeDir, graph, stages } = keyed
  const registry = await loadRegistry(root, [sheetOperation])
  const installed = registry.find(sheetOperation)
  if (!installed) throw unknownReport(sheetOperation, registry.types())
  const stage = stages.get(node) ?? stages.get(`${node}:apply`)!
  const loader = loaderChain(graph, stages, node, port, new Map())
  const digests = openDigests(root, storeDir, false)
  const ingredients = {
    operation: sheetOperation,
    cacheVersion: installed.operation.cacheVersion,
    format: formatVersion,
    implementation: digests.of(installed.plugin).digest,
    options,
    input: [stage.key, port],
  }
  digests.save()
  const key = createHash('sha256').update(canonicalJson(ingredients)).digest('hex')
  const store = openStore(storeDir)
  const found = store.find(key)
  if (found.state !== 'present' || store.verify(found.manifest) !== undefined) {
    const input = { port: 'images', name: node, kind: 'images' as const, output: port, key: stage.key, loader }
    await runLoneStage({ root, storeDir, run }, installed, { key, node: 'preview', inputs: [input], output: 'report', options }) // prettier-ignore
  }
  store.save()
  return join(store.path(key), 'report', 'sheet.png')
}
