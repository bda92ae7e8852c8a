// One process of bench/predict.mjs: a bundle answers for the first picture of a folder, then for the others. argv: BUNDLE DIR THREADS
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
const { openBundle, readPictureFile } = await import('@etsef/runner')
const [dir, pictures, threads] = process.argv.slice(2)
const files = readdirSync(pictures)
  .sort()
  .map((id) => ({ id, path: join(pictures, id) }))
const open = () =>
  openBundle({
    root: fileURLToPath(new URL('..', import.meta.url)),
    dir,
    threads: Number(threads),
    engine: process.env.ETSEF_ENGINE,
  })
const ask = async ({ predictor }, some) => {
  const rows = []
  for (let start = 0; start < some.length; start += 64) {
    const batch = some.slice(start, start + 64)
    rows.push(...(await predictor.predict(await Promise.all(batch.map(({ id, path }) => readPictureFile(id, path))))))
  }
  return rows.map(({ className }) => className)
}
let opened = await open()
await ask(opened, files.slice(0, 1))
process.stdout.write(`${JSON.stringify({ first: true })}\n`)
const [first] = await Promise.all(files.slice(0, 1).map(({ id, path }) => readPictureFile(id, path)))
const features = [...(await opened.predictor.apply([first])).get('fused.features').features]
let rate = 0
for (let round = 0; round < 2; round++) {
  // What was asked once is remembered: a bundle is opened again for the second round.
  if (round > 0) opened = await open()
  const start = performance.now()
  const classes = await ask(opened, files.slice(1))
  rate = Math.max(rate, (classes.length * 1000) / (performance.now() - start))
  await opened.predictor.close()
}
process.stdout.write(`${JSON.stringify({ rate, features, numPictures: files.length - 1 })}\n`)
process.exit(0)
