import { collectFeatures, type CombineImplementation } from '@etsef/plugin-api'
import { of } from 'rxjs'
import type { fuseInputs, fuseOutputs } from './fuse.js'
import { fuseFeatures } from './fuse-model.js'
import type { FuseNodeOptions } from './fuse.js'

/** Code of `ensemble/fuse`. */
export const run: CombineImplementation<FuseNodeOptions, typeof fuseInputs, typeof fuseOutputs>['run'] = async ({
  options: { normalize, weights },
  inputs,
  ctx,
}) => {
  const sources = await Promise.all(
    inputs.features.map(async ({ name, value }) => ({ name, value: await collectFeatures(value, ctx.signal) })),
  )
  const fused = fuseFeatures(sources, { normalize, ...(weights === null ? {} : { weights }) })
  return { features: of(fused) }
}
