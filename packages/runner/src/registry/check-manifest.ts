import {
  apiVersion,
  canonicalJson,
  isRowKind,
  type Partition,
  type Plugin,
  type PortKind,
  type Ports,
} from '@etsef/plugin-api'

/** What a manifest module exports, checked: the plugin, or what is wrong with it. */
export type CheckedManifest = { readonly plugin: Plugin } | { readonly fault: string; readonly hint: string }

const kinds: readonly unknown[] = ['source', 'map', 'estimator', 'combine', 'report']
const cardinalities: readonly unknown[] = ['one', 'optional', 'many', 'any']
const portKinds: Readonly<Record<PortKind, true>> = {
  images: true,
  features: true,
  predictions: true,
  attributions: true,
  tensor: true,
  model: true,
  report: true,
  predictor: true,
}

/** Checks the form of a plugin: whoever reads it later finds what the contract promises. */
export function checkManifest(exported: unknown): CheckedManifest {
  const written = 'export default definePlugin({ … })'
  if (!isMap(exported) || typeof exported['name'] !== 'string' || !Array.isArray(exported['operations']))
    return { fault: 'it does not export a plugin as its default', hint: written }
  const { name, operations, apiVersion: spoken } = exported
  if (spoken !== apiVersion)
    return {
      fault: `it speaks version ${String(spoken)} of the plugin contract, not ${String(apiVersion)}`,
      hint: written,
    }
  const seen = new Set<unknown>()
  for (const [index, operation] of operations.entries()) {
    const type: unknown = isMap(operation) ? operation['type'] : undefined
    const shown = typeof type === 'string' ? `"${type}"` : `number ${String(index + 1)}`
    const fault = operationFault(operation, name, seen)
    if (fault !== undefined)
      return {
        fault: `it declares operation ${shown} wrongly: ${fault}`,
        hint: 'declare it with defineOperation({ … })',
      }
    seen.add(type)
  }
  const { moved } = exported
  const isMove = (to: unknown): boolean =>
    isMap(to) && typeof to['type'] === 'string' && typeof to['package'] === 'string'
  if (moved !== undefined && !(isMap(moved) && Object.values(moved).every(isMove)))
    return { fault: `moved is ${show(moved)}, not { '${name}/old': { type: '…', package: '…' } }`, hint: written }
  // Every field that anything reads was checked above.
  return { plugin: exported as unknown as Plugin }
}

function operationFault(operation: unknown, namespace: unknown, seen: ReadonlySet<unknown>): string | undefined {
  if (!isMap(operation)) return `it is ${show(operation)}`
  const { type, kind, summary, cacheVersion, options, inputs, outputs, rows, fitOn, draws, load } = operation
  if (
    typeof type !== 'string' ||
    !/^[^/]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(type) ||
    !type.startsWith(`${String(namespace)}/`)
  )
    return `type is ${show(type)}, not ${String(namespace)}/<kebab-case>`
  if (seen.has(type)) return 'it is declared twice'
  if (!kinds.includes(kind)) return `kind is ${show(kind)}, not one of ${kinds.join(', ')}`
  if (typeof summary !== 'string') return `summary is ${show(summary)}, not a sentence`
  if (!Number.isInteger(cacheVersion)) return `cacheVersion is ${show(cacheVersion)}, not a whole number`
  const fault = optionsFault(options) ?? portsFault('inputs', inputs) ?? portsFault('outputs', outputs)
  if (fault !== undefined) return fault
  const made = Object.entries(outputs as Ports).find(([, port]) => port.kind === 'predictor')
  if (made) return `outputs.${made[0]} is a predictor, which no operation gives: every node with rows has one`
  const needsRows = kind === 'map' || kind === 'estimator'
  const port = needsRows && typeof rows === 'string' ? (inputs as Ports)[rows] : undefined
  if (needsRows && !(port && isRowKind(port.kind)))
    return `rows is ${show(rows)}, not the name of an input that carries rows`
  const { joins } = operation
  if (joins !== undefined && (joins !== true || !needsRows)) return `joins is ${show(joins)}, of a ${String(kind)}`
  const pictures = joins ? Object.entries(inputs as Ports).find(([, port]) => port.kind === 'images') : undefined
  if (pictures) return `it joins its inputs, and ${show(pictures[0])} carries images`
  // An operation that would be fitted on test rows is refused where a pipeline uses it, with the place.
  if (kind === 'estimator' && !(Array.isArray(fitOn) && fitOn.every(isPartition)))
    return `fitOn is ${show(fitOn)}, not a list of partitions`
  if (!['undefined', 'boolean', 'function'].includes(typeof draws))
    return `draws is ${show(draws)}, not true, false or a function of the options`
  if (typeof load !== 'function') return `load is ${show(load)}, not a function`
  const asked = ['plan', 'inspect', 'resources'].find(
    (name) => !['undefined', 'function'].includes(typeof operation[name]),
  )
  return asked === undefined ? undefined : `${asked} is ${show(operation[asked])}, not a function`
}

function isPartition(value: unknown): value is Partition {
  return value === 'train' || value === 'val' || value === 'test' || value === 'none'
}

function optionsFault(options: unknown): string | undefined {
  if (!isMap(options))
    return `options is ${show(options)}, not a schema: Type.Object({ … }, { additionalProperties: false })`
  try {
    canonicalJson(options)
    return undefined
  } catch (thrown) {
    return `options cannot be written as JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}

function portsFault(name: string, ports: unknown): string | undefined {
  if (!isMap(ports)) return `${name} is ${show(ports)}, not ports by name`
  for (const [port, declared] of Object.entries(ports)) {
    const isPort =
      isMap(declared) &&
      Object.hasOwn(portKinds, String(declared['kind'])) &&
      cardinalities.includes(declared['cardinality'])
    if (!isPort) return `${name}.${port} is ${show(declared)}, not a port: port.features('…')`
  }
  return undefined
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value)
  if (typeof value === 'function') return 'a function'
  try {
    const text = canonicalJson(value)
    return text.length > 60 ? `${text.slice(0, 60)}…` : text
  } catch {
    return `a ${typeof value}`
  }
}
