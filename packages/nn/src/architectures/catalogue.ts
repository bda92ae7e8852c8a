import type { ArchitectureEntry } from './architecture.js'
import type { Preprocessing } from '../images/preprocess.js'
import { efficientnet } from './efficientnet.js'
import { inceptionResnetV2 } from './inception-resnet-v2.js'
import { mobilenetV1 } from './mobilenet-v1.js'
import { mobilenetV2 } from './mobilenet-v2.js'
import { mobilenetV3 } from './mobilenet-v3.js'
import { resnet } from './resnet.js'
import { xception } from './xception.js'
import type { Variant } from './variant.js'

/** Keras' EfficientNetV2-S and timm's InceptionNets map pixels to about [-1, 1]. */
const HALF: Preprocessing = { scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] }

/** Every network, by name. Parameter counts are those of Keras 3.15 (`include_top=False`), torchvision 0.28 and timm 1.0.29 without classifier. */
export const architectures: Readonly<Record<string, ArchitectureEntry>> = {
  resnet18: entry('ResNet', { torch: 11_186_112 }, { torch: 'torch' }, resnet('resnet18')),
  resnet34: entry('ResNet', { torch: 21_301_696 }, { torch: 'torch' }, resnet('resnet34')),
  resnet50: entry(
    'ResNet',
    { torch: 23_561_152, keras: 23_587_712 },
    { torch: 'torch', keras: 'caffe' },
    resnet('resnet50'),
  ),
  resnet101: entry(
    'ResNet',
    { torch: 42_605_504, keras: 42_658_176 },
    { torch: 'torch', keras: 'caffe' },
    resnet('resnet101'),
  ),
  xception: entry('Xception', { keras: 20_861_480, torch: 20_861_480 }, { keras: 'tf', torch: 'tf' }, xception, {
    inputSize: 299,
    minInputSize: 71,
  }),
  inceptionResnetV2: entry(
    'InceptionResNet',
    { keras: 54_336_736, torch: 54_367_008 },
    { keras: 'tf', torch: 'tf' },
    inceptionResnetV2,
    { inputSize: 299, minInputSize: 75 },
  ),
  mobilenetV1: entry('MobileNet', { keras: 3_228_864 }, { keras: 'tf' }, mobilenetV1, { hasWidth: true }),
  mobilenetV2: entry(
    'MobileNet',
    { keras: 2_257_984, torch: 2_257_984 },
    { keras: 'tf', torch: 'torch' },
    mobilenetV2,
    { hasWidth: true },
  ),
  mobilenetV3Large: entry(
    'MobileNet',
    { keras: 2_996_352, torch: 2_996_352, timm: 2_996_352 },
    { keras: 'tf', torch: 'torch', timm: 'torch' },
    mobilenetV3('Large'),
    { hasWidth: true },
  ),
  mobilenetV3Small: entry(
    'MobileNet',
    { keras: 939_120, torch: 939_120, timm: 939_120 },
    { keras: 'tf', torch: 'torch', timm: 'torch' },
    mobilenetV3('Small'),
    { hasWidth: true },
  ),
  // Keras counts 7 more for the mean, variance and count of its Normalization layer, which our contract holds.
  efficientnetB0: entry(
    'EfficientNet',
    { keras: 4_049_564, torch: 4_049_564 },
    { keras: 'torch', torch: 'torch' },
    efficientnet('efficientnetB0'),
  ),
  efficientnetB1: entry(
    'EfficientNet',
    { keras: 6_575_232, torch: 6_575_232 },
    { keras: 'torch', torch: 'torch' },
    efficientnet('efficientnetB1'),
    { inputSize: 240 },
  ),
  efficientnetB2: entry(
    'EfficientNet',
    { keras: 7_768_562, torch: 7_768_562 },
    { keras: 'torch', torch: 'torch' },
    efficientnet('efficientnetB2'),
    { inputSize: 260 },
  ),
  efficientnetB3: entry(
    'EfficientNet',
    { keras: 10_783_528, torch: 10_783_528 },
    { keras: 'torch', torch: 'torch' },
    efficientnet('efficientnetB3'),
    { inputSize: 300 },
  ),
  efficientnetV2S: entry(
    'EfficientNet',
    { keras: 20_331_360, torch: 20_331_360, timm: 20_331_360 },
    { keras: HALF, torch: 'torch', timm: 'torch' },
    efficientnet('efficientnetV2S'),
    { inputSize: 384 },
  ),
}

/** The first variant counted is the default. */
function entry(
  family: ArchitectureEntry['family'],
  parameterCount: ArchitectureEntry['parameterCount'],
  preprocessing: ArchitectureEntry['preprocessing'],
  build: ArchitectureEntry['build'],
  rest: Partial<Pick<ArchitectureEntry, 'inputSize' | 'minInputSize' | 'hasWidth'>> = {},
): ArchitectureEntry {
  // The keys of the count are variants by its type.
  const variants = Object.keys(parameterCount) as Variant[]
  return {
    family,
    inputSize: 224,
    minInputSize: 32,
    hasWidth: false,
    variants,
    parameterCount,
    preprocessing,
    build,
    ...rest,
  }
}
