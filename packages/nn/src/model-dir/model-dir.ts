import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkGraph } from '../graph/check-graph.js'
import type { Graph, Weights } from '../graph/graph.js'
import { parametersOf } from '../graph/parameters.js'
import { checkPreprocessing, type Preprocessing } from '../images/preprocess.js'
import { badWeights } from '../errors.js'
import { listNames } from '../weights/list-names.js'
import { readSafetensors, writeSafetensors } from '../weights/safetensors.js'

/** A network with its weights and everything needed to use it on new pictures. */
export interface Model {
  readonly graph: Graph
  readonly weights: Weights
  /** Names of the logits, in order; empty for a headless backbone. */
  readonly classNames: readonly string[]
  /** What the network expects as input. */
  readonly preprocessing: Preprocessing
  /** How it came to be: options, data, losses. JSON data, free form. */
  readonly trainingRecord: Readonly<Record<string, unknown>>
}

/** `model.json`: a {@link Model} without its weights. */
export type ModelDescription = Omit<Model, 'weights'>

const FORMAT = 'etsef-model'
const VERSION = 1
/** Largest description read; the largest network's is under 1 MB. */
const MAX_DESCRIPTION_BYTES = 64 * 1024 * 1024

/** Writes `model.json` and `weights.safetensors` into a directory, which is made if need be. Equal models give equal bytes. */
export async function writeModel(dir: string, model: Model): Promise<void> {
  const { graph, weights, classNames, preprocessing, trainingRecord } = model
  const ordered = new Map(
    parametersOf(graph)
      .map(({ name }) => [name, weights.get(name)] as const)
      .flatMap(([name, weight]) => (weight ? [[name, weight]] : [])),
  )
  checkWeights(graph, ordered, dir)
  await mkdir(dir, { recursive: true })
  const description = {
    format: FORMAT,
    version: VERSION,
    inputSize: graph.inputShape[0],
    classNames,
    preprocessing,
    graph,
    trainingRecord,
  }
  await writeFile(join(dir, 'model.json'), `${JSON.stringify(description, null, 1)}\n`)
  await writeSafetensors(join(dir, 'weights.safetensors'), ordered)
}

/**
 * Reads a model directory. Both files are checked: graph, class list, contract, and every weight's name and shape.
 *
 * @throws PipelineError `ERR_WEIGHTS`
 */
export async function readModel(dir: string): Promise<Model> {
  const description = await readModelDescription(dir)
  const { tensors } = await readSafetensors(join(dir, 'weights.safetensors'))
  checkWeights(description.graph, tensors, dir)
  return { ...description, weights: tensors }
}

/** Reads `model.json` alone: enough to plan shapes and classes without loading weights. */
export async function readModelDescription(dir: string): Promise<ModelDescription> {
  const path = join(dir, 'model.json')
  const bytes = await readFile(path)
  if (bytes.length > MAX_DESCRIPTION_BYTES)
    throw badWeights(`${path} is too large`, { received: `${bytes.length} bytes` })
  try {
    return checkDescription(JSON.parse(bytes.toString('utf8')) as unknown)
  } catch (cause) {
    throw badWeights(`${path} is not a model description: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

function checkDescription(value: unknown): ModelDescription {
  const { format, version, classNames, preprocessing, graph, trainingRecord } = (value ?? {}) as Record<string, unknown>
  if (format !== FORMAT) throw badWeights(`format is ${JSON.stringify(format)}, expected "${FORMAT}"`)
  if (version !== VERSION) throw badWeights(`version is ${JSON.stringify(version)}, expected ${VERSION}`)
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === 'string'))
    throw badWeights('classNames is not a list of strings')
  if (typeof trainingRecord !== 'object' || trainingRecord === null) throw badWeights('trainingRecord is not an object')
  return {
    graph: checkGraph(graph),
    classNames,
    preprocessing: checkPreprocessing(preprocessing),
    trainingRecord: trainingRecord as Readonly<Record<string, unknown>>,
  }
}

function checkWeights(graph: Graph, weights: Weights, dir: string): void {
  const parameters = parametersOf(graph)
  const wrong = parameters
    .filter(({ name, shape }) => weights.get(name)?.shape.join() !== shape.join())
    .map(({ name }) => name)
  if (wrong.length > 0) {
    throw badWeights(`${dir}: weights are missing or have another shape: ${listNames(wrong)}`, {
      expected: `${parameters.length} weights of ${graph.architecture}`,
    })
  }
}
