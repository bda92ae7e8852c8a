import { port, type FeatureBatch, type Operation } from '@etsef/plugin-api'
import { someFeatures } from '@etsef/plugin-api/testing'
import { visibility } from '@etsef/plugin-api/semantics'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { concatMap, count, finalize, lastValueFrom, map, take, tap, toArray, type Observable } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StageSpec } from '../executor/protocol.js'
import { formatVersion } from '../store/manifest.js'
import { openStore, storeFolders } from '../store/store.js'
import { createArtifact } from './artifact-output.js'
import { createLiveImages } from './live-images.js'
import { openInputs } from './stage-inputs.js'

const numBatches = 100
const key = 'a'.repeat(64)
const storeDir = mkdtempSync(join(tmpdir(), 'etsef-pulled-'))

beforeAll(() => {
  openStore(storeDir)
  for (const folder of Object.values(storeFolders)) mkdirSync(join(storeDir, folder), { recursive: true })
  const artifact = createArtifact(storeDir)
  const rows = artifact.rows('features', 'features', undefined)
  rows.write(someFeatures({ numSamples: 256 * numBatches, numFeatures: 8 }))
  rows.close()
  artifact.publish({ key, operation: 'a/b', part: 'run', testLabelReads: 0, metrics: {} }, formatVersion)
})
afterAll(() => {
  rmSync(storeDir, { recursive: true, force: true })
})

async function input$(): Promise<Observable<FeatureBatch>> {
  // Timers of the test runner look like work of whoever reads: a worker has none.
  while (process.getActiveResourcesInfo().includes('Timeout')) await new Promise((resolve) => setImmediate(resolve))
  const operation = { inputs: { features: port.features('rows') } } as unknown as Operation
  const spec = {
    storeDir,
    inputs: [{ port: 'features', name: 'rows', kind: 'features', output: 'features', key }],
  } as unknown as StageSpec
  const inputs = await openInputs(spec, operation, createLiveImages())
  return inputs.values(visibility.map)['features'] as Observable<FeatureBatch>
}

/** Handed out and not yet worked on, at most. */
function countWaiting(): { readonly most: number; come(this: void): void; go(this: void): void } {
  let waiting = 0
  let most = 0
  return {
    get most() {
      return most
    },
    come: () => (most = Math.max(most, ++waiting)),
    go: () => waiting--,
  }
}

test('a slow concatMap has few batches waiting', async () => {
  const waiting = countWaiting()
  const slow = async (batch: FeatureBatch): Promise<number> => {
    await sleep(30)
    waiting.go()
    return batch.ids.length
  }
  const sizes = await lastValueFrom((await input$()).pipe(tap(waiting.come), concatMap(slow), toArray()))
  expect(sizes).toHaveLength(numBatches)
  expect(waiting.most).toBeLessThanOrEqual(4)
})

test('batches that were changed on the way are waited for, too', async () => {
  const waiting = countWaiting()
  const slow = async (batch: FeatureBatch): Promise<number> => {
    await sleep(2)
    waiting.go()
    return batch.ids.length
  }
  const changed$ = (await input$()).pipe(
    map((batch) => ({ ...batch, features: batch.features.map((value) => 2 * value) })),
    tap(waiting.come),
  )
  await lastValueFrom(changed$.pipe(concatMap(slow), count()))
  expect(waiting.most).toBeLessThanOrEqual(4)
})

test('a consumer that keeps everything gets everything', async () => {
  expect(await lastValueFrom((await input$()).pipe(toArray()))).toHaveLength(numBatches)
})

test('a consumer that leaves is handed nothing more, and ends the reading', async () => {
  let numHanded = 0
  let isEnded = false
  const left$ = (await input$()).pipe(
    tap(() => numHanded++),
    finalize(() => (isEnded = true)),
    take(2),
  )
  await lastValueFrom(left$)
  await sleep(5)
  expect([numHanded, isEnded]).toEqual([2, true])
})
