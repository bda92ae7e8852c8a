import type { Graph } from '../graph/graph.js'
import { foldGraph } from '../graph/fold.js'
import { cutAfter } from '../graph/head.js'
import type { Preprocessing } from '../images/preprocess.js'
import type { ArchitectureEntry, ArchitectureOptions, ResolvedOptions } from './architecture.js'
import { architectures } from './catalogue.js'
import type { BuiltArchitecture } from './graph-builder.js'

/**
 * A backbone as a graph, without classification head; `featureNode` is its global average pool.
 *
 * @example
 * const graph = withHead(buildArchitecture('mobilenetV2', { inputSize: 96, width: 0.35 }), { numClasses: 4 })
 * @throws RangeError for an unknown name or an option the network does not take.
 */
export function buildArchitecture(name: string, options: ArchitectureOptions = {}): Graph {
  const { graph } = buildWithNames(name, options)
  const whole = options.cut === undefined ? graph : cutAfter(graph, options.cut)
  return options.folded === true ? foldGraph(whole) : whole
}

/** The backbone together with the names its published weights go by. `cut` is ignored: names of dropped nodes do no harm. */
export function buildWithNames(name: string, options: ArchitectureOptions = {}): BuiltArchitecture {
  const entry = architectureEntry(name)
  return entry.build(resolve(name, entry, options))
}

/** Catalogue entry of a network. @throws RangeError that lists the known names. */
export function architectureEntry(name: string): ArchitectureEntry {
  const entry = Object.hasOwn(architectures, name) ? architectures[name] : undefined
  if (entry === undefined)
    throw new RangeError(`unknown architecture "${name}"; known: ${Object.keys(architectures).join(', ')}`)
  return entry
}

/** What published weights of a network expect as input. */
export function preprocessingOf(name: string, options: ArchitectureOptions = {}): Preprocessing {
  const entry = architectureEntry(name)
  return entry.preprocessing[resolve(name, entry, options).variant] ?? 'tf'
}

function resolve(name: string, entry: ArchitectureEntry, options: ArchitectureOptions): ResolvedOptions {
  const { inputSize = entry.inputSize, width = 1, variant = entry.variants[0]! } = options
  if (!Number.isInteger(inputSize) || inputSize < entry.minInputSize) {
    throw new RangeError(`${name} takes an inputSize of at least ${entry.minInputSize} pixels, received ${inputSize}`)
  }
  if (!(width > 0 && width <= 2) || (width !== 1 && !entry.hasWidth)) {
    throw new RangeError(
      `${name} ${entry.hasWidth ? 'takes a width in (0, 2]' : 'has no width multiplier'}, received ${width}`,
    )
  }
  if (!entry.variants.includes(variant))
    throw new RangeError(`${name} has the variants ${entry.variants.join(', ')}, not "${variant}"`)
  return { inputSize, width, variant }
}
