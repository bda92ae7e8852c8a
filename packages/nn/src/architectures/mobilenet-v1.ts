import type { ResolvedOptions } from './architecture.js'
import type { Padding } from '../graph/graph.js'
import { type BuiltArchitecture, GraphBuilder } from './graph-builder.js'

/** Output channels at width 1 and stride of each depthwise-separable block. */
const BLOCKS: readonly (readonly [filters: number, stride: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
]

/**
 * MobileNetV1. Node names are Keras applications' layer names (`conv1`, `conv_dw_1`, `conv_dw_1_bn`, `conv_pw_1`, …).
 * Padding is Keras': the depthwise convolutions of stride 2 pad (0, 1) and are then `valid`. On even maps, all there are at the sizes
 * with published weights, that is `same`, as in the original TensorFlow-slim and TF.js networks; on odd ones it is not.
 *
 * @see Howard et al. 2017, arXiv:1704.04861; Keras 3.15 `applications/mobilenet.py`
 */
export function mobilenetV1({ inputSize, width }: ResolvedOptions): BuiltArchitecture {
  const net = new GraphBuilder('mobilenetV1', [inputSize, inputSize, 3], { epsilon: 1e-3, momentum: 0.99 })
  const normRelu6 = (conv: string): string => net.activate(`${conv}_relu`, net.norm(`${conv}_bn`, conv), 'relu6')
  let x = normRelu6(net.conv('conv1', 'input', Math.floor(32 * width), { kernel: 3, stride: 2, padding: 'same' }))
  let stage = 1
  for (const [index, [filters, stride]] of BLOCKS.entries()) {
    if (stride === 2) stage++
    net.stage = `stage${stage}`
    const padding: Padding = stride === 2 && net.shape(x)[0]! % 2 === 1 ? [0, 1, 0, 1] : 'same'
    x = normRelu6(net.depthwise(`conv_dw_${index + 1}`, x, { kernel: 3, stride, padding }))
    x = normRelu6(net.conv(`conv_pw_${index + 1}`, x, Math.floor(filters * width), { kernel: 1, padding: 'same' }))
  }
  return net.finish(x, { keras: 'conv_preds' })
}
