import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kinds, type Kind } from './kinds.js'
import { camelCase, type Names } from './names.js'

const templates = fileURLToPath(new URL('../templates', import.meta.url))

/** Writes the files that every package has. */
export function copyPackage(dir: string, kind: Kind, names: Names): void {
  copyFolder(join(templates, 'package'), dir, kind, names)
  copyFolder(join(templates, kind), dir, kind, names, ['operation'])
}

/** Writes the folder of an operation: its declaration, adapter, mathematics, test and conformance case. */
export function copyOperation(dir: string, kind: Kind, names: Names): void {
  const folder = join(dir, 'src', names.operation)
  if (existsSync(folder)) throw new Error(`There is a folder ${folder} already`)
  copyFolder(join(templates, kind, 'operation'), folder, kind, names)
}

/** Writes a pipeline that runs the operation beside the one that the package has. @returns Its name; undefined where it has one for it. */
export function copyPipeline(dir: string, kind: Kind, names: Names): string | undefined {
  const use = `${names.namespace}/${names.operation}`
  if (readFileSync(join(dir, 'pipeline.yaml'), 'utf8').includes(`use: ${use},`)) return undefined
  const name = `pipeline-${names.operation}.yaml`
  const text = readFileSync(join(templates, kind, 'pipeline.yaml'), 'utf8')
  writeFileSync(join(dir, name), filler(kind, names)(text))
  return name
}

function copyFolder(from: string, to: string, kind: Kind, names: Names, except: readonly string[] = []): void {
  const fill = filler(kind, names)
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(from.length + 1)
    if (!entry.isFile() || except.includes(path.split(/[\\/]/)[0] ?? '')) continue
    // npm leaves a .gitignore out of packages, and tools take a package.json for the one of a package.
    const target = join(
      to,
      fill(path)
        .replace(/^gitignore$/, '.gitignore')
        .replace(/^manifest\.json$/, 'package.json'),
    )
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, fill(readFileSync(join(from, path), 'utf8')))
  }
}

/** Templates are a plugin `example` with one operation, whose names are replaced. */
function filler(kind: Kind, names: Names): (text: string) => string {
  const operation = kinds[kind]
  return (text) =>
    text
      .replaceAll('etsef-plugin-example', names.package)
      .replaceAll('OPERATION', names.operation)
      .replaceAll('CAMEL', camelCase(names.operation))
      .replaceAll('NAMESPACE', names.namespace)
      .replaceAll(operation, names.operation)
      .replaceAll(camelCase(operation), camelCase(names.operation))
      .replaceAll('example/', `${names.namespace}/`)
}
