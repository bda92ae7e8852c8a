import {
  PipelineError,
  type ImageBatch,
  type LoadPixelsArguments,
  type Operation,
  type PixelImage,
  type PixelLoading,
  type Plugin,
} from '@etsef/plugin-api'
import type { StoredImageBatch } from '@etsef/plugin-api/codec'
import { loadPixelsOf } from '@etsef/plugin-api/semantics'
import { pathToFileURL } from 'node:url'
import type { LoaderChain } from '../plan/loader-chain.js'
import { openDecodedPictures, type DecodedPictures } from './decoded-pictures.js'
import type { KeptPictures } from './kept-pictures.js'
import type { LiveImages } from './live-images.js'
import { readPath, type PixelPath } from './pixel-path.js'

/** A loader chain with its code loaded. */
export interface Loader {
  readonly chain: LoaderChain
  readonly isSource: boolean
  /** Whether this operation, or one before it, makes another view for each draw. */
  readonly isRandom: boolean
  readonly loadPixels: ((args: LoadPixelsArguments<unknown>) => Promise<PixelImage>) | undefined
  /** What a source has decoded and handed over. */
  readonly decoded: DecodedPictures | undefined
  readonly inputs: readonly Loader[]
}

const operations = new Map<string, Operation>()

/** The operation of a plugin's manifest module. */
export async function importOperation(entry: string, type: string): Promise<Operation> {
  const known = operations.get(`${entry} ${type}`)
  if (known) return known
  const plugin = ((await import(pathToFileURL(entry).href)) as { default: Plugin }).default
  const operation = plugin.operations.find((each) => each.type === type)
  if (!operation) throw new PipelineError('ERR_PLUGIN', { message: `Operation "${type}" is not in ${entry}` })
  operations.set(`${entry} ${type}`, operation)
  return operation
}

const implementations = new Map<Operation, Promise<unknown>>()

/** The code of an operation, loaded once: asking the module system again costs more than a small stage does. */
export function loadImplementation(operation: Operation): Promise<unknown> {
  let loading = implementations.get(operation)
  if (!loading) {
    loading = Promise.resolve(operation.load())
    implementations.set(operation, loading)
    // What failed may be tried again.
    loading.catch(() => implementations.delete(operation))
  }
  return loading
}

/** Loads the code of every operation from the source of an image to the output that is read: each may change the pixels. */
export async function openLoader(chain: LoaderChain, storeDir: string): Promise<Loader> {
  const operation = await importOperation(chain.entry, chain.type)
  // The declaration's `load` was checked against this type where the operation was defined.
  const implementation = (await loadImplementation(operation)) as PixelLoading<unknown>
  const loadPixels = implementation.loadPixels?.bind(implementation)
  const isSource = operation.kind === 'source'
  const inputs = await Promise.all(chain.inputs.map((input) => openLoader(input, storeDir)))
  // A source that draws gives another picture each time.
  const isKept = chain.key !== undefined && operation.isRandom !== true
  const decoded = isKept ? openDecodedPictures(storeDir, chain.key) : undefined
  const isRandom = operation.isRandom === true || inputs.some((input) => input.isRandom)
  return { chain, isSource, isRandom, loadPixels, decoded, inputs }
}

/** How the pixels of a batch are got: its rows as they are stored, whatever an operation sees of them. */
export interface PixelsOf {
  readonly stored: StoredImageBatch
  readonly loader: Loader
  readonly live: LiveImages
}

/** A batch as an operation sees it, with its loader: nothing is decoded before `load` is called. */
export function withLoader(shown: StoredImageBatch, { stored, loader, live }: PixelsOf): ImageBatch {
  return {
    ...shown,
    ...(loader.isRandom && { isRandom: true }),
    load: async (index, draw, side) => {
      const id = stored.ids[index]
      const uri = stored.uris[index]
      const path = stored.transforms[index]
      if (id === undefined || uri === undefined || path === undefined)
        throw new RangeError(`image ${String(index)} of a batch of ${String(stored.ids.length)}`)
      return live.decode(() =>
        loadRow({
          loader,
          id,
          uri,
          sourceId: stored.sourceIds[index]!,
          parentId: stored.parentIds[index] ?? id,
          path,
          length: path.length,
          view: loader.isRandom && draw !== undefined ? { draw, side, kept: live.kept } : undefined,
        }),
      )
    },
  }
}

interface RowToLoad {
  readonly loader: Loader
  readonly id: string
  readonly uri: string
  readonly sourceId: string
  readonly parentId: string
  readonly path: PixelPath
  /** Entries of the path up to this loader's own. */
  readonly length: number
  /** What is wanted of random operations; nothing where there is none. */
  readonly view: WantedView | undefined
}

interface WantedView {
  readonly draw: number
  readonly side: number | undefined
  readonly kept: KeptPictures
}

async function loadRow(row: RowToLoad): Promise<PixelImage> {
  const { loader, id, uri, sourceId, parentId, path, view } = row
  const { chain, loadPixels } = loader
  const own = readPath(path, row.length, { choice: loader.inputs.length > 1, loadPixels: loadPixels !== undefined })
  const upstream = async (): Promise<PixelImage> => {
    const input = loader.inputs[own.choice]
    if (!input)
      throw new PipelineError('ERR_BAD_DATA', { message: `Image "${uri}": nothing is upstream of ${chain.type}` })
    // What changes pixels is not given a square of the size that its own result is wanted in.
    const wanted = view && loadPixels ? { ...view, side: undefined } : view
    const given = { loader: input, id: chain.isExpanding ? parentId : id, length: own.length, view: wanted }
    return loadRow({ ...row, ...given })
  }
  if (!loadPixels) return upstream()
  const load = async (): Promise<PixelImage> =>
    loader.decoded?.read({ port: chain.port, uri, sourceId }) ??
    loadPixelsOf(
      { type: chain.type, node: chain.node, isSource: loader.isSource, loadPixels },
      { id, uri, sourceId },
      {
        port: chain.port,
        parameters: own.parameters,
        upstream,
        options: chain.options,
        ...(view && { draw: view.draw, side: view.side }),
      },
    )
  return view && loader.isSource ? view.kept.get(loader, `${id}\u0000${uri}`, load) : load()
}
