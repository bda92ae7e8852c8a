import type { Tf } from '@etsef/nn'

/** A tensor of any rank. */
export type Tensor = ReturnType<Tf['tensor']>
/** A tensor of rank 2. */
export type Tensor2D = ReturnType<Tf['tensor2d']>
/** A tensor of rank 0. */
export type Scalar = ReturnType<Tf['scalar']>
