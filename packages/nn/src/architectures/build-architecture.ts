import type { Graph } from '../graph/graph.js'
import { foldGraph } from '../graph/fold.js'
import { cutAfter } from '../graph/head.js'
import type { Preprocessing } from '../images/preprocess.js'
import type { ArchitectureEntry, ArchitectureOptions, ResolvedOptions } from './architecture.js'
import { architectures } from './catalogue.js'
import type { BuiltArchitecture } from './graph-builder.js'
import { badOption, unknownName } from '../errors.js'

/**
 * A backbone as a graph, without classification head; `featureNode` is its global average pool.
 *
 * @example
 * const graph = withHead(buildArchitecture('mobilenetV2', { inputSize: 96, width: 0.35 }), { numClasses: 4 })
 * @throws PipelineError `ERR_BAD_OPTION` for an unknown name or an option the network does not take.
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

/** Catalogue entry of a network. @throws PipelineError `ERR_BAD_OPTION` that lists the known names. */
export function architectureEntry(name: string): ArchitectureEntry {
  const entry = Object.hasOwn(architectures, name) ? architectures[name] : undefined
  if (entry === undefined)
    throw unknownName({ what: 'architecture', name, known: Object.keys(architectures), option: 'architecture' })
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
    throw badOption('inputSize', `${name} does not take pictures of ${inputSize} pixels`, {
      expected: `a whole number, at least ${entry.minInputSize}`,
      received: String(inputSize),
    })
  }
  if (!(width > 0 && width <= 2) || (width !== 1 && !entry.hasWidth)) {
    throw badOption('width', `${name} ${entry.hasWidth ? 'does not come in this width' : 'has no width multiplier'}`, {
      expected: entry.hasWidth ? 'above 0, at most 2' : '1',
      received: String(width),
    })
  }
  if (!entry.variants.includes(variant))
    throw unknownName({ what: `variant of ${name}`, name: variant, known: entry.variants, option: 'variant' })
  return { inputSize, width, variant }
}
