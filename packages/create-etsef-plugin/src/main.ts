import { existsSync, readdirSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { addOperation } from './add-operation.js'
import { copyPackage } from './copy-template.js'
import { isKind, kinds } from './kinds.js'
import { checkOperationName, namesIn, namespaceOf } from './names.js'

const usage = `npm create etsef-plugin FOLDER -- --kind KIND [--operation NAME]   a package with one operation
npm create etsef-plugin -- --add --kind KIND --operation NAME      one more, in the package that this folder holds

kinds: ${Object.keys(kinds).join(', ')}`

/** Runs the command. @returns The exit code. */
export function main(args: readonly string[], cwd: string): number {
  try {
    process.stdout.write(`${create(args, cwd)}\n`)
    return 0
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${usage}\n`)
    return 2
  }
}

function create(args: readonly string[], cwd: string): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { kind: { type: 'string' }, operation: { type: 'string' }, add: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const { kind, add } = values
  if (!isKind(kind)) throw new Error(kind === undefined ? 'Which kind of operation?' : `There is no kind "${kind}"`)
  const operation = values.operation ?? kinds[kind]
  checkOperationName(operation)
  if (add) {
    return `wrote ${addOperation(cwd, kind, namesIn(cwd, operation)).join(', ')}; npm test checks it`
  }
  const [folder] = positionals
  if (folder === undefined) throw new Error('Which folder?')
  const dir = resolve(cwd, folder)
  if (existsSync(dir) && readdirSync(dir).length > 0) throw new Error(`${dir} is not empty`)
  const name = folder.startsWith('@') ? folder : basename(dir)
  const names = { package: name, namespace: namespaceOf(name), operation }
  copyPackage(dir, kind, names)
  addOperation(dir, kind, names)
  return `wrote ${folder}; next:\n\n  cd ${folder}\n  npm install\n  npm test\n  npm run example`
}
