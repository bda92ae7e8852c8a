import type { Operation, Plugin, PortKind } from '@etsef/plugin-api'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { NodeSummary } from '../support/leak-project.js'

/** Every folder with a plugin whose rows, numbers or pixels are wrong in one way; what kit and runner say of it is in its `expected.txt`. */
export const badRows = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, 'expected.txt')),
)

export const badPlugins = new Map<string, Plugin>()
for (const folder of [...badRows, 'sound']) {
  const file = pathToFileURL(join(import.meta.dirname, folder, 'plugin.js')).href
  badPlugins.set(folder, ((await import(file)) as { default: Plugin }).default)
}

/** Nodes that give the operation its rows and read what it makes, by kind of port. */
const sources: Partial<Record<PortKind, string>> = { features: 'points', images: 'pictures' }
const consumers: Partial<Record<PortKind, (bad: string) => string>> = {
  features: (bad) => `{ use: sound/count-features, in: { features: ${bad} } }`,
  predictions: (bad) => `{ use: sound/count-predictions, in: { predictions: ${bad} } }`,
  images: (bad) => `{ use: sound/means, in: { images: ${bad} } }`,
  model: (bad) => `{ use: sound/use-model, in: { features: points, model: ${bad} } }`,
}

function nodesOf(folder: string, { type, inputs, outputs }: Operation): string {
  const [input, { kind }] = Object.entries(inputs)[0]!
  const made = Object.values(outputs)[0]!.kind
  return [
    `  ${folder}: { use: ${type}, in: { ${input}: ${sources[kind]!} } }`,
    `  ${folder}-read: ${consumers[made]!(folder)}\n`,
  ].join('\n')
}

/** A pipeline with every bad plugin. */
export function badRowsPipeline(): string {
  const nodes = badRows.map((folder) => nodesOf(folder, badPlugins.get(folder)!.operations[0]!))
  return `name: bad\nseed: 1\nnodes:\n  points: { use: sound/points }\n  pictures: { use: sound/pictures }\n${nodes.join('')}`
}

/** What a run of {@link badRowsPipeline} says of a plugin: a line of code and node, the message, and more below it. */
export function toldByRunner(folder: string, nodes: Readonly<Record<string, NodeSummary>>): string[] {
  return [folder, `${folder}-read`].flatMap((node) => told(nodes[node]))
}

/** What the runner is to say of it, by its `expected.txt`. */
export function expectedOfRunner(folder: string): string[] {
  const [runner = ''] = readFileSync(join(import.meta.dirname, folder, 'expected.txt'), 'utf8').split('\nkit\n')
  return runner
    .split('\n')
    .slice(1)
    .map((line) => line.slice(2))
}

function told(node: NodeSummary | undefined): string[] {
  const { error, metrics } = node ?? {}
  if (!error)
    return [
      `${node?.state ?? 'absent'}${metrics && Object.keys(metrics).length > 0 ? ` ${JSON.stringify(metrics)}` : ''}`,
    ]
  const details = (['expected', 'received', 'hint'] as const).flatMap((name) =>
    error[name] === undefined ? [] : [`  ${name.padEnd(8)}  ${error[name]}`],
  )
  return [`${error.code}, node "${error.node ?? ''}"`, error.message, ...details]
}
