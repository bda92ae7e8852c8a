export { default } from './plugin.js'
export { randomOptions } from './random/random.js'
export { viewOf } from './random/random-node.js'
export { expandOptions } from './expand/expand.js'
export { augmentPixels, type Augmentation } from './pixels/augment-pixels.js'
export { gaussianBlur, gaussianKernel, warpImage, type Border, type Warp } from '@etsef/nn/images'
export {
  countCopies,
  drawAugmentation,
  operationNames,
  planCopies,
  type AugmentationRanges,
  type Copy,
  type CopyPlan,
  type OperationName,
} from './expand/plan-copies.js'
