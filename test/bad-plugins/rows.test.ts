import type { Operation, Plugin, PortKind } from '@etsef/plugin-api'
import { conformanceProblems, someFeatures, someImages } from '@etsef/plugin-api/testing'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, lastJson, root, temporaryFolder } from '../support/etsef.js'
import type { NodeSummary, RunSummary } from '../support/leak-project.js'

/** Every folder with a plugin whose rows, numbers or pixels are wrong in one way; what kit and runner say of it is in its `expected.txt`. */
const folders = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, 'expected.txt')),
)

const plugins = new Map<string, Plugin>()
for (const folder of [...folders, 'sound']) {
  const file = pathToFileURL(join(import.meta.dirname, folder, 'plugin.js')).href
  plugins.set(folder, ((await import(file)) as { default: Plugin }).default)
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

const { path, dispose } = temporaryFolder()
let summary: RunSummary
beforeAll(async () => {
  const link = (target: string, name: string): void => {
    symlinkSync(target, join(path, 'node_modules', name))
  }
  mkdirSync(join(path, 'node_modules'))
  link(join(root, 'node_modules/@etsef'), '@etsef')
  for (const folder of [...folders, 'sound']) link(join(import.meta.dirname, folder), `etsef-plugin-${folder}`)
  const dependencies = Object.fromEntries([...folders, 'sound'].map((folder) => [`etsef-plugin-${folder}`, '*']))
  writeFileSync(
    join(path, 'package.json'),
    JSON.stringify({ name: 'bad', private: true, type: 'module', dependencies }),
  )
  const nodes = folders.map((folder) => nodesOf(folder, plugins.get(folder)!.operations[0]!))
  writeFileSync(
    join(path, 'pipeline.yaml'),
    `name: bad\nseed: 1\nnodes:\n  points: { use: sound/points }\n  pictures: { use: sound/pictures }\n${nodes.join('')}`,
  )
  const result = await etsef(['run', 'pipeline.yaml', '--json', '--on-error', 'continue'], { cwd: path })
  // What `run --json` prints.
  summary = lastJson(result) as unknown as RunSummary
})
afterAll(() => {
  dispose()
})

/** What the conformance kit says of the operation, on rows of the same kind. */
async function kit(folder: string): Promise<string[]> {
  const plugin = plugins.get(folder)!
  const [operation] = plugin.operations
  const [input, { kind, cardinality }] = Object.entries(operation!.inputs)[0]!
  const table = kind === 'images' ? someImages({ numSamples: 20 }) : someFeatures({ numSamples: 60, numClasses: 3 })
  const problems = await conformanceProblems(plugin, {
    cases: {
      [operation!.type]: () => ({
        inputs: { [input]: cardinality === 'many' ? [{ name: 'points', value: table }] : table },
      }),
    },
  })
  const [first] = problems
  if (!first) return ['conforms']
  const { message, ...more } = first.error as Error & Partial<Record<'code' | 'expected' | 'received' | 'hint', string>>
  const details = (['expected', 'received', 'hint'] as const).flatMap((name) =>
    more[name] === undefined ? [] : [`  ${name.padEnd(8)}  ${more[name]}`],
  )
  return [first.check, `  ${more.code ?? first.error.name}: ${message}`, ...details]
}

describe('a plugin that is wrong in one way', () => {
  test.for(folders)('%s', async (folder) => {
    const runner = [folder, `${folder}-read`].flatMap((node) => told(summary.nodes[node]))
    const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
    const text = ['runner', ...indent(runner), 'kit', ...indent(await kit(folder)), ''].join('\n')
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, folder, 'expected.txt'))
  })
})
