import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Asserts which GPUs the stage sees; those that hold one at the same time must hold different ones. */
export async function open({ options: { gpus, folder, together } }) {
  return {
    async apply(batch) {
      const seen = process.env.CUDA_VISIBLE_DEVICES
      if (gpus === 0) {
        if (seen !== '') throw new Error(`a stage without GPU sees "${seen}"`)
        return { features: batch }
      }
      const devices = (seen ?? '').split(',').filter((id) => id !== '')
      if (devices.length !== gpus) throw new Error(`${gpus} GPUs were asked for, "${seen}" is seen`)
      mkdirSync(folder, { recursive: true })
      const mine = join(folder, `${process.env.SLURMD_NODENAME ?? 'here'}-${devices.join('-')}`)
      if (existsSync(mine)) throw new Error(`another stage has the GPUs ${devices.join()}`)
      writeFileSync(mine, '')
      for (let waits = 0; readdirSync(folder).length < together && waits < 300; waits++)
        await new Promise((resolve) => setTimeout(resolve, 100))
      if (readdirSync(folder).length < together) throw new Error('the others did not get a GPU at the same time')
      return { features: batch }
    },
  }
}
