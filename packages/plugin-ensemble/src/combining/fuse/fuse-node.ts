import type { JoiningMapImplementation } from '@etsef/plugin-api'
import { fuseFeatures } from './fuse-model.js'
import type { fuseInputs, FuseNodeOptions, fuseOutputs } from './fuse.js'

/** Adapter of `ensemble/fuse`. */
export const fuseNode: JoiningMapImplementation<FuseNodeOptions, typeof fuseInputs, typeof fuseOutputs> = {
  open: ({ options: { normalize, weights } }) =>
    Promise.resolve({
      apply: ({ features }) =>
        Promise.resolve({ features: fuseFeatures(features, { normalize, ...(weights === null ? {} : { weights }) }) }),
    }),
}
