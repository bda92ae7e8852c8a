import { hash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { of } from 'rxjs'
import { PipelineError } from '@etsef/plugin-api'

export async function run({ options: { path, flag, loads }, ctx, keepPixels }) {
  const names = readdirSync(path).sort()
  const classNames = [...new Set(names.map((name) => name[0]))].sort()
  const sourceIds = names.map((name) => hash('sha256', readFileSync(join(path, name)), 'hex'))
  if (loads)
    for (const [at, uri] of names.entries())
      keepPixels({ port: 'images', uri, sourceId: sourceIds[at] }, pictureOf(readFileSync(join(path, uri))))
  if (flag) {
    ctx.log('info', 'read')
    while (!existsSync(flag)) await sleep(10)
  }
  return {
    images: of({
      kind: 'images',
      ids: names,
      uris: names,
      classNames,
      sourceIds,
      labels: Int32Array.from(names, (name) => classNames.indexOf(name[0])),
      groups: [],
      partitions: [],
    }),
  }
}

export async function loadPixels({ row, options: { path, loads } }) {
  if (loads) appendFileSync(loads, `${row.uri}\n`)
  const data = new Uint8Array(readFileSync(join(path, row.uri)))
  if (hash('sha256', data, 'hex') !== row.sourceId)
    throw new PipelineError('ERR_CHANGED_FILE', { message: `"${row.uri}" was changed` })
  return pictureOf(data)
}

function pictureOf(bytes) {
  const data = new Uint8Array(bytes)
  return { dtype: 'uint8', shape: [1, data.length, 1], data }
}
