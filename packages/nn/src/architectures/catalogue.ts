import type { ArchitectureEntry } from './architecture.js'
import { mobilenetV1 } from './mobilenet-v1.js'
import { mobilenetV2 } from './mobilenet-v2.js'
import { resnet } from './resnet.js'

/** Every network, by name. Parameter counts are those of Keras 3.15 (`include_top=False`), torchvision 0.28 and timm 1.0 without classifier. */
export const architectures: Readonly<Record<string, ArchitectureEntry>> = {
  mobilenetV1: {
    family: 'MobileNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['keras'],
    hasWidth: true,
    preprocessing: { keras: 'tf' },
    parameterCount: { keras: 3_228_864 },
    build: mobilenetV1,
  },
  mobilenetV2: {
    family: 'MobileNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['keras', 'torch'],
    hasWidth: true,
    preprocessing: { keras: 'tf', torch: 'torch' },
    parameterCount: { keras: 2_257_984, torch: 2_257_984 },
    build: mobilenetV2,
  },
  resnet18: {
    family: 'ResNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['torch'],
    hasWidth: false,
    preprocessing: { torch: 'torch' },
    parameterCount: { torch: 11_186_112 },
    build: resnet('resnet18'),
  },
  resnet34: {
    family: 'ResNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['torch'],
    hasWidth: false,
    preprocessing: { torch: 'torch' },
    parameterCount: { torch: 21_301_696 },
    build: resnet('resnet34'),
  },
  resnet50: {
    family: 'ResNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['torch', 'keras'],
    hasWidth: false,
    preprocessing: { torch: 'torch', keras: 'caffe' },
    parameterCount: { torch: 23_561_152, keras: 23_587_712 },
    build: resnet('resnet50'),
  },
  resnet101: {
    family: 'ResNet',
    inputSize: 224,
    minInputSize: 32,
    variants: ['torch', 'keras'],
    hasWidth: false,
    preprocessing: { torch: 'torch', keras: 'caffe' },
    parameterCount: { torch: 42_605_504, keras: 42_658_176 },
    build: resnet('resnet101'),
  },
}
