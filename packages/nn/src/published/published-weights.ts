import type { ArchitectureOptions } from '../architectures/architecture.js'
import { preprocessingOf } from '../architectures/build-architecture.js'
import type { Preprocessing } from '../images/preprocess.js'
import type { Variant } from '../architectures/variant.js'
import { unknownName } from '../errors.js'

/** ImageNet weights that a publisher offers, and how to know the right file. */
export interface PublishedWeights {
  /** `<architecture>/<publisher>[-<detail>]`. */
  readonly id: string
  readonly architecture: string
  /** How the network has to be built. */
  readonly options: ArchitectureOptions
  readonly url: string
  /** As the publisher gives it: md5, or the first digits of the sha256. Absent where the publisher gives none. */
  readonly checksum?: Checksum
  /** What the weights expect as input. */
  readonly preprocessing: Preprocessing
  /** Size of the file in MB (10⁶ bytes), where the publisher states it. */
  readonly megabytes?: number
}

/** A digest, or the first digits of one, in lower-case hex. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256'
  readonly hex: string
}

const KERAS = 'https://storage.googleapis.com/tensorflow/keras-applications/'
const TORCHVISION = 'https://download.pytorch.org/models/'
const TIMM = 'https://github.com/rwightman/pytorch-image-models/releases/download/'

/**
 * The catalogue: addresses and checksums as Keras 3.15.1, torchvision 0.28.0 and timm 1.0.29 have them in their sources. PyTorch's
 * file names carry the first digits of the file's sha256.
 */
export const publishedWeights: readonly PublishedWeights[] = [
  torchvision('resnet18', 'resnet18-f37072fd.pth', 44.661),
  torchvision('resnet34', 'resnet34-b627a593.pth', 83.275),
  torchvision('resnet50', 'resnet50-0676ba61.pth', 97.781),
  torchvision('resnet50', 'resnet50-11ad3fa6.pth', 97.79, 'v2'),
  torchvision('resnet101', 'resnet101-63fe2227.pth', 170.511),
  torchvision('resnet101', 'resnet101-cd907fc2.pth', 170.53, 'v2'),
  torchvision('mobilenetV2', 'mobilenet_v2-b0353104.pth', 13.555),
  torchvision('mobilenetV2', 'mobilenet_v2-7ebf99e0.pth', 13.598, 'v2'),
  torchvision('mobilenetV3Large', 'mobilenet_v3_large-8738ca79.pth', 21.114),
  torchvision('mobilenetV3Large', 'mobilenet_v3_large-5c1a4163.pth', 21.107, 'v2'),
  torchvision('mobilenetV3Small', 'mobilenet_v3_small-047dcff4.pth', 9.829),
  torchvision('efficientnetB0', 'efficientnet_b0_rwightman-7f5810bc.pth', 20.451),
  torchvision('efficientnetB1', 'efficientnet_b1_rwightman-bac287d4.pth', 30.134),
  torchvision('efficientnetB1', 'efficientnet_b1-c27df63c.pth', 30.136, 'v2'),
  torchvision('efficientnetB2', 'efficientnet_b2_rwightman-c35c1473.pth', 35.174),
  torchvision('efficientnetB3', 'efficientnet_b3_rwightman-b3899882.pth', 47.184),
  torchvision('efficientnetV2S', 'efficientnet_v2_s-dd5fe13b.pth', 82.704),
  timm('xception', 'torch', 'v0.1-cadene/xception-43020ad28.pth'),
  timm('mobilenetV3Large', 'timm', 'v0.1-weights/mobilenetv3_large_100_ra-f55367f5.pth'),
  timm('efficientnetV2S', 'keras', 'v0.1-effv2-weights/tf_efficientnetv2_s_21ft1k-d7dafa41.pth', {
    scale: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }),
  keras('resnet50', 'resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5', '4d473c1dd8becc155b73f8504c6f6626'),
  keras(
    'resnet101',
    'resnet/resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5',
    '88cf7a10940856eca736dc7b7e228a21',
  ),
  keras(
    'xception',
    'xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
    'b0042744bf5b25fce3cb969f33bebb97',
  ),
  keras(
    'inceptionResnetV2',
    'inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5',
    'd19885ff4a710c122648d3b5c3b684e4',
  ),
  keras('mobilenetV1', 'mobilenet/mobilenet_1_0_224_tf_no_top.h5'),
  keras('mobilenetV1', 'mobilenet/mobilenet_2_5_224_tf_no_top.h5', undefined, 0.25),
  keras('mobilenetV2', 'mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5'),
  keras(
    'mobilenetV2',
    'mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5',
    undefined,
    0.35,
  ),
  keras(
    'mobilenetV3Large',
    'mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5',
    '07fb09a5933dd0c8eaafa16978110389',
  ),
  keras(
    'mobilenetV3Large',
    'mobilenet_v3/weights_mobilenet_v3_large_224_0.75_float_no_top_v2.h5',
    '40af19a13ebea4e2ee0c676887f69a2e',
    0.75,
  ),
  keras(
    'mobilenetV3Small',
    'mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5',
    'd3e8ec802a04aa4fc771ee12a9a9b836',
  ),
  keras(
    'mobilenetV3Small',
    'mobilenet_v3/weights_mobilenet_v3_small_224_0.75_float_no_top_v2.h5',
    'ebdb5cc8e0b497cd13a7c275d475c819',
    0.75,
  ),
  ...(['0', '1', '2', '3'] as const).map((size, index) => {
    const md5 = [
      '50bc09e76180e00e4465e1a485ddc09d',
      '74c4e6b3e1f6a1eea24c589628592432',
      '111f8e2ac8aa800a7a99e3239f7bfb39',
      'af6d107764bb5b1abb91932881670226',
    ][index]!
    return {
      ...keras(`efficientnetB${size}`, '', md5),
      url: `https://storage.googleapis.com/keras-applications/efficientnetb${size}_notop.h5`,
    }
  }),
  keras('efficientnetV2S', 'efficientnet_v2/efficientnetv2-s_notop.h5', 'af0682fb74e8c54910f2d4393339c070'),
]

/** Entry of the catalogue. @throws PipelineError `ERR_WEIGHTS` that lists the ids of the same architecture. */
export function findPublishedWeights(id: string): PublishedWeights {
  const found = publishedWeights.find((entry) => entry.id === id)
  if (found !== undefined) return found
  const near = publishedWeights.filter((entry) => entry.architecture === id.split('/')[0])
  const known = (near.length > 0 ? near : publishedWeights).map((entry) => entry.id)
  throw unknownName({ what: 'published weights', name: id, known, code: 'ERR_WEIGHTS' })
}

function torchvision(architecture: string, file: string, mebibytes: number, detail?: string): PublishedWeights {
  const id = `${architecture}/torchvision${detail === undefined ? '' : `-${detail}`}`
  const made = entry(id, architecture, { variant: 'torch' }, `${TORCHVISION}${file}`, hashInName(file))
  return { ...made, megabytes: Math.round(mebibytes * 1.048576) }
}

function timm(architecture: string, variant: Variant, path: string, preprocessing?: Preprocessing): PublishedWeights {
  const made = entry(`${architecture}/timm`, architecture, { variant }, `${TIMM}${path}`, hashInName(path))
  return preprocessing === undefined ? made : { ...made, preprocessing }
}

function keras(architecture: string, path: string, md5?: string, width?: number): PublishedWeights {
  const id = `${architecture}/keras${width === undefined ? '' : `-${width}`}`
  const options = { variant: 'keras', ...(width === undefined ? {} : { width }) } as const
  return entry(
    id,
    architecture,
    options,
    `${KERAS}${path}`,
    md5 === undefined ? undefined : { algorithm: 'md5', hex: md5 },
  )
}

function entry(
  id: string,
  architecture: string,
  options: ArchitectureOptions,
  url: string,
  checksum: Checksum | undefined,
): PublishedWeights {
  const preprocessing = preprocessingOf(architecture, options)
  return { id, architecture, options, url, preprocessing, ...(checksum === undefined ? {} : { checksum }) }
}

/** `resnet18-f37072fd.pth` names the first digits of its sha256. */
function hashInName(file: string): Checksum | undefined {
  const hex = /-([0-9a-f]{8,})\.pth$/.exec(file)?.[1]
  return hex === undefined ? undefined : { algorithm: 'sha256', hex }
}
