import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'

/** Asks for every image at once, of every batch as it comes, and takes its time over each: plain rxjs has no back-pressure. */
const eatAll = (images) =>
  lastValueFrom(
    images.pipe(
      mergeMap((batch) => from(batch.ids.keys()).pipe(mergeMap((index) => batch.load(index)))),
      mergeMap(async (image) => {
        await sleep(2)
        return image.data[0]
      }),
      toArray(),
    ),
  )

export async function run({ inputs, ctx }) {
  const eaten = await eatAll(inputs.images)
  const dir = ctx.outputDir('report')
  writeFileSync(join(dir, 'eaten.json'), String(eaten.length))
  return { report: { kind: 'report', dir, metrics: { eaten: eaten.length } } }
}

export const fit = async ({ inputs }) => (await eatAll(inputs.images)).length
export const save = async (state, dir) => {
  writeFileSync(join(dir, 'eaten.json'), String(state))
}
export const load = async () => undefined
