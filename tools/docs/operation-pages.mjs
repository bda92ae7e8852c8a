import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describeSchema, showModelType } from '@etsef/plugin-api/semantics'

/** What the code of an operation sees, by kind. */
const sees = {
  source: 'Its options, and the content of the paths among them.',
  map: 'A batch of rows at a time; no label, group or partition.',
  estimator:
    'In `fit` the rows of the partitions named here, never test rows; in `apply` a batch at a time, without label, group and partition.',
  combine: 'All inputs, with the labels of train and val rows only.',
  report: 'Everything, labels of test rows included; nothing can be fitted on what it gives.',
}

/** A page for each operation of the workspace's plugins, made of its declaration, and one that lists them. */
export async function operationPages(folder) {
  const plugins = []
  for (const name of readdirSync('packages').filter((name) => name.startsWith('plugin-') && name !== 'plugin-api')) {
    const { default: plugin } = await import(`@etsef/${name}`)
    plugins.push({ package: `@etsef/${name}`, folder: `packages/${name}`, ...plugin })
  }
  const examples = examplesOf(readdirSync('pipelines').filter((file) => file.endsWith('.yaml')))
  const paths = new Map()
  for (const { operations } of plugins) for (const { type } of operations) paths.set(type, join(folder, `${type}.md`))
  const index = join(folder, 'README.md')
  const pathOf = (plugin) => join(folder, plugin.name, 'README.md')
  return {
    index,
    paths,
    plugins: plugins.map(pathOf),
    of: new Map(plugins.map((plugin) => [pathOf(plugin), plugin.operations.map(({ type }) => paths.get(type))])),
    pages: [
      { path: index, text: indexOf(plugins) },
      ...plugins.map((plugin) => ({ path: pathOf(plugin), text: pluginPage(plugin) })),
      ...plugins.flatMap((plugin) =>
        plugin.operations.map((operation) => ({
          path: paths.get(operation.type),
          text: pageOf(operation, plugin, examples.get(operation.type)),
        })),
      ),
    ],
  }
}

function indexOf(plugins) {
  return [
    '# Operations',
    '',
    'What a node of a pipeline can `use`. Each page is made of the declaration that the planner checks nodes against.',
    '',
    ...plugins.flatMap((plugin) => [`## ${plugin.name}`, '', ...operationsOf(plugin, `${plugin.name}/`)]),
  ].join('\n')
}

function pluginPage(plugin) {
  const from = `Operations of [${plugin.package}](../../${plugin.folder}/README.md), whose page says when to use which.`
  return [`# ${plugin.name}`, '', from, '', ...operationsOf(plugin, '')].join('\n')
}

function operationsOf(plugin, folder) {
  const rows = plugin.operations.map(
    ({ type, kind, summary }) => `| [\`${type}\`](${folder}${type.split('/')[1]}.md) | ${kind} | ${cell(summary)} |`,
  )
  return ['| operation | kind | what comes out |', '|---|---|---|', ...rows, '']
}

function pageOf(operation, plugin, example) {
  const { type, kind, summary, inputs, outputs, options } = operation
  const properties = Object.entries(options.properties ?? {})
  const facts = [
    `Kind: ${kind}${operation.joins ? ' that joins its inputs by id' : ''}. Cache version: ${operation.cacheVersion}.`,
    ...(operation.fitOn
      ? [
          `Fitted on rows of: ${operation.fitOn.join(', ')}${operation.supervised ? ', with their labels' : ', without labels'}.`,
        ]
      : []),
    ...(operation.draws === false ? ['It draws nothing, so runs of other seeds share its results.'] : []),
  ]
  return [
    `# ${type}`,
    '',
    `${summary}.`,
    '',
    facts.join(' '),
    `Package: [${plugin.package}](../../${plugin.folder}/README.md), which says when to use it, what it costs and where it comes from.`,
    '',
    `What its code sees: ${sees[kind]} [How keys and partitions keep test rows away](../../ARCHITECTURE.md).`,
    '',
    ...ports('Inputs', inputs),
    ...ports('Outputs', outputs),
    '## Options',
    '',
    ...(properties.length === 0
      ? ['None.']
      : [
          '| option | default | values | what it does |',
          '|---|---|---|---|',
          ...properties.map(
            ([name, schema]) =>
              `| \`${name}\` | ${'default' in schema ? code(JSON.stringify(schema.default)) : options.required?.includes(name) ? 'must be given' : 'none'} | ${cell(describeSchema(schema))} | ${cell(schema.description ?? '')} |`,
          ),
        ]),
    '',
    '## Example',
    '',
    example === undefined
      ? 'A node of it, with its defaults:'
      : `Out of [pipelines/${example.file}](../../pipelines/${example.file}):`,
    '',
    '```yaml',
    example?.text ?? smallest(operation),
    '```',
    '',
  ].join('\n')
}

function ports(title, all) {
  const entries = Object.entries(all)
  if (entries.length === 0) return [`## ${title}`, '', 'None.', '']
  return [
    `## ${title}`,
    '',
    '| port | kind | what it is |',
    '|---|---|---|',
    ...entries.map(([name, { kind, cardinality, models, description }]) => {
      const many = { many: ', several', optional: ', may be left out' }[cardinality] ?? ''
      return `| \`${name}\` | ${kind}${models === undefined ? '' : `: ${cell(showModelType(models))}`}${many} | ${cell(description)} |`
    }),
    '',
  ]
}

/** A node that wires what must be wired and sets what has no default. */
function smallest({ type, inputs, options }) {
  const wires = Object.entries(inputs)
    .filter(([, { cardinality }]) => cardinality !== 'optional')
    .map(([name, { cardinality }]) => (cardinality === 'many' ? `${name}: [first, second]` : `${name}: above`))
  const set = (options.required ?? [])
    .filter((name) => !('default' in options.properties[name]))
    .map((name) => `${name}: …`)
  const parts = [`use: ${type}`]
  if (wires.length > 0) parts.push(`in: { ${wires.join(', ')} }`)
  if (set.length > 0) parts.push(`with: { ${set.join(', ')} }`)
  return `nodes:\n  mine: { ${parts.join(', ')} }`
}

/** The first node of each operation in the shipped pipelines, as it stands there. */
function examplesOf(files) {
  const found = new Map()
  for (const file of ['demo.yaml', ...files.filter((file) => file !== 'demo.yaml')]) {
    const lines = readFileSync(join('pipelines', file), 'utf8').split('\n')
    for (let at = 0; at < lines.length; at++) {
      if (!/^ {2}[\w-]+:/.test(lines[at])) continue
      let end = at + 1
      while (/^ {3,}\S/.test(lines[end] ?? '')) end++
      const text = lines.slice(at, end).join('\n')
      const [, type] = /\buse: ([a-z]+\/[a-z0-9-]+)/.exec(text) ?? []
      if (type !== undefined && !found.has(type)) found.set(type, { file, text: `nodes:\n${text}` })
    }
  }
  return found
}

/** Text for a cell of a Markdown table. */
function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replaceAll('<', '&lt;')
    .replaceAll('{', '&#123;')
    .replaceAll('}', '&#125;')
}

function code(text) {
  return `\`${text.replaceAll('|', '\\|')}\``
}
