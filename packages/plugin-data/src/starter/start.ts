import type { Starter, StarterRequest } from '@etsef/plugin-api'
import { relative } from 'node:path'
import { chooseSettings } from './choose-settings.js'
import { describeFound } from './describe-found.js'
import { findClasses } from './find-classes.js'
import { findWeights } from './find-weights.js'
import { lookAtFolder } from './look-at-folder.js'
import { pipelineText } from './pipeline-text.js'

/** Looks at a folder and writes a first pipeline for it. */
export async function start(request: StarterRequest): Promise<Starter> {
  const classes = findClasses(request.path)
  const look = await lookAtFolder(classes, request)
  const weights = findWeights(request)
  const settings = chooseSettings(look, weights, request)
  const path = relative(request.from, classes.root).replaceAll('\\', '/') || '.'
  const told = { look, weights, settings }
  return {
    found: describeFound(told),
    yaml: pipelineText({ ...told, path, name: request.name, file: request.file }),
  }
}
