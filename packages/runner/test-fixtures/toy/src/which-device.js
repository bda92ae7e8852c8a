import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export async function run({ options, ctx }) {
  writeFileSync(options.here, '')
  while (!options.others.every((file) => existsSync(file))) {
    ctx.signal.throwIfAborted()
    await sleep(10)
  }
  const visible = process.env.CUDA_VISIBLE_DEVICES
  const device = visible === undefined ? -2 : visible === '' ? -1 : Number(visible)
  return { report: { kind: 'report', dir: ctx.outputDir('report'), metrics: { device } } }
}
