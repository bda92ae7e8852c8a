import type { Starter, StarterRequest } from '@etsef/plugin-api'
import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { chooseSettings } from './choose-settings.js'
import { describeFound } from './describe-found.js'
import { findClasses } from './find-classes.js'
import { findWeights } from './find-weights.js'
import { lookAtTable } from './look-at-table.js'
import { lookAtFolder } from './look-at-folder.js'
import { pipelineText } from './pipeline-text.js'

/** Looks at a folder and writes a first pipeline for it. */
export async function start(request: StarterRequest): Promise<Starter> {
  const isTable = statSync(request.path, { throwIfNoEntry: false })?.isFile() ?? false
  const look = isTable
    ? await lookAtTable(request.path, request)
    : await lookAtFolder(findClasses(request.path), request)
  const weights = findWeights(request)
  const settings = chooseSettings(look, weights, request)
  const from = (path: string): string => relative(request.from, path).replaceAll('\\', '/') || '.'
  const told = { look, weights, settings }
  return {
    found: describeFound(told),
    yaml: pipelineText({
      ...told,
      path: from(look.root),
      table: isTable ? from(request.path) : undefined,
      name: request.name,
      file: request.file,
    }),
  }
}
