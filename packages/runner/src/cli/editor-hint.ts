import { writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { editorSchema } from '../graph/editor-schema.js'
import type { Registry } from '../registry/load-registry.js'

/** The first line of a pipeline by which editors find its schema, whatever it names. */
export const hintPattern = /^# yaml-language-server: .*\n/

/**
 * Writes the JSON Schema of the installed operations into the store, for a pipeline that is written for the user.
 *
 * @param file - The pipeline, absolute.
 * @returns The line by which editors find the schema.
 */
export function editorHint(file: string, registry: Registry, storeDir: string): string {
  const schema = join(storeDir, 'pipeline.schema.json')
  ensureFolder(storeDir)
  writeFileSync(schema, JSON.stringify(editorSchema(registry.plugins.flatMap(({ operations }) => operations))))
  return `# yaml-language-server: $schema=${relative(dirname(file), schema).replaceAll('\\', '/')}\n`
}
