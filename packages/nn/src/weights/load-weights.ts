import { readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { ArchitectureOptions } from '../architectures/architecture.js'
import { buildArchitecture, buildWithNames, preprocessingOf } from '../architectures/build-architecture.js'
import type { Preprocessing } from '../images/preprocess.js'
import type { Graph, Weights } from '../graph/graph.js'
import { publishedWeights } from '../published/published-weights.js'
import { type FittedWeights, fitWeights } from './fit-weights.js'
import { weightsFromKeras } from './from-keras.js'
import { weightsFromTorch } from './from-torch.js'
import { readSafetensors } from './safetensors.js'
import { readTfjsLayers } from './tfjs-layers.js'
import { weightsFromLayers } from './from-layers.js'
import { isTfjsGraphModel, readTfjsGraph } from './tfjs-graph.js'
import { readTflite } from './tflite.js'
import { MAX_FILE_BYTES, tooLarge } from './read-budget.js'
import { badWeights } from '../errors.js'

/**
 * Weights of a graph from a file or folder, by its format: TF.js layers and graph models (`model.json` or the folder that holds it), our model
 * directories, safetensors (our names, torchvision's or timm's), PyTorch `.pth`, Keras `.h5`, `.weights.h5` and `.keras`, TFLite (it and graph models
 * fit a graph built with `folded: true`).
 *
 * @param graph - Built with the same `options`; may carry a head or be cut.
 * @throws PipelineError `ERR_WEIGHTS` when the format is unknown or the weights do not fit.
 */
export async function loadWeights(
  path: string,
  graph: Graph,
  options: ArchitectureOptions = {},
): Promise<FittedWeights> {
  const file = await resolveFile(path)
  const names = buildWithNames(graph.architecture, { ...options, inputSize: graph.inputShape[0] })
  switch (extname(file)) {
    case '.json':
      if (await isTfjsGraphModel(file)) return weightsFromLayers(graph, await readTfjsGraph(file))
      return weightsFromKeras(graph, (await readTfjsLayers(file)).tensors, names.kerasNames)
    case '.safetensors': {
      const { tensors } = await readSafetensors(file)
      return hasOwnNames(graph, tensors) ? weightsFromOwn(graph, tensors) : weightsFromTorch(graph, tensors, names)
    }
    case '.pth':
    case '.pt':
    case '.bin':
      return weightsFromTorch(
        graph,
        await (await import('./torch-archive.js')).parseTorchArchive(await readFile(file)),
        names,
      )
    case '.h5':
    case '.hdf5':
      return weightsFromKeras(
        graph,
        await (await import('./keras-hdf5.js')).parseKerasHdf5(await readFile(file)),
        names.kerasNames,
      )
    case '.keras':
      return weightsFromKeras(
        graph,
        await (await import('./keras-archive.js')).parseKerasArchive(await readFile(file)),
        names.kerasNames,
      )
    case '.tflite':
      return weightsFromLayers(graph, await readTflite(file))
    default:
      throw badWeights(`cannot read weights from "${path}"`, {
        expected: 'a TF.js model.json, .safetensors, .pth, .h5, .weights.h5, .keras or .tflite',
      })
  }
}

/** A backbone with published weights. */
export interface PretrainedNetwork {
  readonly graph: Graph
  /** Every parameter of the backbone. */
  readonly weights: Weights
  /** What the weights expect as input. */
  readonly preprocessing: Preprocessing
  /** Names in the file that were not used. */
  readonly unused: readonly string[]
}

/**
 * Builds a network as its weight file needs it and loads the weights: {@link buildArchitecture} and {@link loadWeights} in one, with
 * batch norms folded for TFLite and TF.js graph models.
 */
export async function loadPretrained(
  architecture: string,
  path: string,
  options: ArchitectureOptions = {},
): Promise<PretrainedNetwork> {
  const built = { ...options, folded: options.folded ?? (await isFolded(path)) }
  const graph = buildArchitecture(architecture, built)
  const { weights, unused } = await loadWeights(path, graph, built)
  return { graph, weights, unused, preprocessing: preprocessingOfFile(architecture, path, options) }
}

/** What a file's weights expect: as the catalogue says of a published file of that name, else as the variant's library has it. */
export function preprocessingOfFile(architecture: string, path: string, options: ArchitectureOptions): Preprocessing {
  const published = publishedWeights.find(
    (entry) => entry.architecture === architecture && basename(new URL(entry.url).pathname) === basename(path),
  )
  return published?.preprocessing ?? preprocessingOf(architecture, options)
}

/** Weights by our own names, as {@link weightsFromKeras} takes them from Keras. */
export function weightsFromOwn(graph: Graph, tensors: Weights): FittedWeights {
  return fitWeights(graph, tensors, (node, parameter) => {
    const peerName = `${node.name}/${parameter}`
    const tensor = tensors.get(peerName)
    return tensor && { peerName, tensor }
  })
}

/** True for files whose networks have no batch norms left: TFLite and TF.js graph models. */
async function isFolded(path: string): Promise<boolean> {
  const file = await resolveFile(path)
  return extname(file) === '.tflite' || (extname(file) === '.json' && (await isTfjsGraphModel(file)))
}

async function resolveFile(path: string): Promise<string> {
  let stats
  try {
    stats = await stat(path)
  } catch (cause) {
    throw badWeights(`no weights at "${path}"`, {
      cause,
      hint: 'place the published file there, or leave the weights out to start from random ones',
    })
  }
  if (!stats.isDirectory()) {
    // A pipe or a device would be read for ever.
    if (!stats.isFile()) throw badWeights(`"${path}" is no regular file`)
    if (stats.size > MAX_FILE_BYTES) throw tooLarge(`"${path}"`, stats.size)
    return path
  }
  const own = join(path, 'weights.safetensors')
  return resolveFile((await exists(own)) ? own : join(path, 'model.json'))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function hasOwnNames(graph: Graph, tensors: Weights): boolean {
  return graph.nodes.some((node) => tensors.has(`${node.name}/kernel`))
}
