import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyOperation, copyPipeline } from './copy-template.js'
import type { Kind } from './kinds.js'
import { camelCase, type Names } from './names.js'

/**
 * Adds an operation to a package: its folder, a line in the plugin's list and in the README, a case for the conformance suite, and where the
 * package has a pipeline already, one more that runs the operation.
 *
 * @returns What was written, relative to the package.
 * @throws Error when `src/plugin.ts` or `src/conformance.test.ts` has another form than the generator gave it.
 */
export function addOperation(dir: string, kind: Kind, names: Names): readonly string[] {
  const name = camelCase(names.operation)
  const plugin = edit(join(dir, 'src/plugin.ts'), [
    [/^(import [\s\S]*?\n)(?!import )/m, `$1import { ${name} } from './${names.operation}/${names.operation}.js'\n`],
    [
      /operations: \[([^\]]*)\]/,
      (_, list) => `operations: [${list.trim() === '' ? '' : `${list.replace(/,\s*$/, '')}, `}${name}]`,
    ],
  ])
  const conformance = edit(join(dir, 'src/conformance.test.ts'), [
    [
      /^(import [\s\S]*?\n)(?!import )/m,
      `$1import { conformanceCase as ${name}Case } from './${names.operation}/conformance-case.js'\n`,
    ],
    [/cases: \{\}/, 'cases: {\n  }', 'optional'],
    [/cases: \{/, `cases: {\n    '${names.namespace}/${names.operation}': ${name}Case,`],
  ])
  const readme = edit(join(dir, 'README.md'), [
    [/\n(?=\n {4}npm test)/, `\n- \`${names.namespace}/${names.operation}\`: ${kind}\n`],
  ])
  copyOperation(dir, kind, names)
  for (const write of [plugin, conformance, readme]) write()
  const pipeline = copyPipeline(dir, kind, names)
  return [`src/${names.operation}`, ...(pipeline === undefined ? [] : [pipeline])]
}

type Replacement = readonly [RegExp, string | ((match: string, list: string) => string), 'optional'?]

/** Replaces in a file; nothing is written before the returned function is called. */
function edit(file: string, replacements: readonly Replacement[]): () => void {
  let text = readFileSync(file, 'utf8')
  for (const [pattern, replacement, isOptional] of replacements) {
    if (!pattern.test(text) && isOptional === undefined)
      throw new Error(`${file} has no place for a further operation (${pattern.source})`)
    text = typeof replacement === 'string' ? text.replace(pattern, replacement) : text.replace(pattern, replacement)
  }
  return () => {
    writeFileSync(file, text)
  }
}
