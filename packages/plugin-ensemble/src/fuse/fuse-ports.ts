import { port } from '@etsef/plugin-api'

/** Inputs of `ensemble/fuse`. */
export const fuseInputs = { features: port.features.many('Tables over the same rows, joined by id in this order') }

/** Outputs of `ensemble/fuse`. */
export const fuseOutputs = { features: port.features('All columns side by side, named <input>/<column>') }
