import { contentKeyword, type Operation, type Port } from '@etsef/plugin-api'
import { describeSchema, showModelType, type Schema } from '@etsef/plugin-api/semantics'
import { InvalidPipeline, problem, suggest } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { UsageError, type Arguments } from './arguments.js'
import { checkPluginPackage } from './check-plugin-package.js'
import { exitCodes } from './exit-codes.js'
import { newOperation } from './new-operation.js'
import { formatTable, type Output } from './output.js'

/**
 * `etsef plugins [list | info NAME | check FOLDER | new-operation NAME]`: installed plugins; ports and options of an operation or of a
 * plugin's operations; for authors, what keeps a package from being published, and one operation more.
 */
export async function plugins(args: Arguments, output: Output): Promise<number> {
  const [action = 'list', name] = args.rest
  if (action === 'check') return checkPluginPackage(args, output)
  if (action === 'new-operation') return newOperation(args, output)
  const registry = await loadRegistry(findProjectRoot(args.cwd))
  if (action === 'list') {
    const entries = registry.plugins.map(({ installed, operations }) => ({
      plugin: installed.name,
      package: installed.packageName,
      version: installed.version,
      operations: operations.map((each) => each.type),
    }))
    if (args.isJson) output.line(JSON.stringify({ plugins: entries, problems: registry.problems }))
    else {
      output.line(
        formatTable({
          columns: ['operation', 'kind', 'package', 'what comes out'],
          rows: registry.plugins.flatMap(({ installed, operations }) =>
            operations.map((each) => [
              each.type,
              each.kind,
              `${installed.packageName}@${installed.version}`,
              each.summary,
            ]),
          ),
        }),
      )
      if (registry.problems.length > 0) throw new InvalidPipeline(registry.problems)
    }
    return registry.problems.length > 0 ? exitCodes.invalid : exitCodes.ok
  }
  if (action !== 'info' || name === undefined)
    throw new UsageError('etsef plugins list, info NAME, check FOLDER or new-operation NAME')
  const all = registry.plugins.flatMap((plugin) => plugin.operations)
  const ofPackage = registry.plugins.find(({ installed }) => installed.packageName === name)?.operations
  const found = ofPackage ?? all.filter((operation) => operation.type === name || operation.type.startsWith(`${name}/`))
  if (found.length === 0)
    throw problem('ERR_UNKNOWN_OPERATION', {
      message: `There is no operation or plugin "${name}"`,
      received: name,
      hint: suggest(
        name,
        [
          ...all.map((each) => each.type),
          ...registry.plugins.flatMap(({ installed }) => [installed.name, installed.packageName]),
        ],
        'operations',
      ),
    })
  if (args.isJson)
    output.line(
      JSON.stringify(
        found.map(({ type, kind, summary, options, inputs, outputs, cacheVersion }) => ({
          type,
          kind,
          summary,
          cacheVersion,
          inputs,
          outputs,
          options,
        })),
      ),
    )
  else for (const operation of found) output.line(describeOperation(operation))
  return exitCodes.ok
}

function describeOperation(operation: Operation): string {
  const lines = [`${operation.type} (${operation.kind})`, `  ${operation.summary}`]
  for (const [name, port] of Object.entries(operation.inputs))
    lines.push(
      `  in   ${name}: ${kindOf(port)}${port.cardinality === 'one' ? '' : ` (${port.cardinality})`} — ${port.description}`,
    )
  for (const [name, port] of Object.entries(operation.outputs))
    lines.push(`  out  ${name}: ${kindOf(port)} — ${port.description}`)
  const properties = ((operation.options as Schema)['properties'] ?? {}) as Readonly<Record<string, Schema>>
  for (const [name, property] of Object.entries(properties)) {
    const fallback = 'default' in property ? ` = ${JSON.stringify(property['default'])}` : ''
    const description = typeof property['description'] === 'string' ? ` — ${property['description']}` : ''
    lines.push(
      `  with ${name}${fallback}: ${property[contentKeyword] === undefined ? describeSchema(property) : 'a path whose content counts'}${description}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The kind of a port, and of its models: `model, classifier (xgboost)`. */
function kindOf({ kind, models }: Port): string {
  return models === undefined ? kind : `${kind}, ${showModelType(models)}`
}
