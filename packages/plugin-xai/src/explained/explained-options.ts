import { Type } from '@etsef/plugin-api'

/** Which rows are explained. */
export const partitionOption = Type.Enum(['test', 'val', 'train', 'all'], {
  default: 'test',
  description: 'Whose images are explained',
})

/** How many images are explained at most. */
export const maxImagesOption = (most: number) =>
  Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: most,
    description: 'At most so many images, spread evenly over the rows',
  })

/** Points on paths, or changed pictures, that a network sees at a time. */
export const pointsPerPassOption = Type.Integer({
  minimum: 1,
  maximum: 256,
  default: 16,
  description: 'Points per pass; memory grows with it',
})
