import { contentPath, defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const options = (properties) => Type.Object(properties, { additionalProperties: false })
const classNames = (count) => Array.from({ length: count }, (_, index) => `class${index}`)

const points = defineOperation({
  kind: 'source',
  type: 'toy/points',
  summary: 'Random points around class means',
  cacheVersion: 1,
  options: options({
    numSamples: Type.Integer({ minimum: 1, default: 30, description: 'Rows' }),
    numFeatures: Type.Integer({ minimum: 1, default: 3, description: 'Columns' }),
    numClasses: Type.Integer({ minimum: 2, default: 2, description: 'Classes' }),
    noise: Type.Number({ minimum: 0, default: 0.1, description: 'Standard deviation' }),
    prefix: Type.String({ default: 'p', description: 'Start of ids' }),
    twice: Type.Optional(Type.Boolean({ description: 'A mistake: the last row has the first id' })),
    partitioned: Type.Boolean({ default: false, description: 'Rows come with partitions' }),
  }),
  inputs: {},
  outputs: { features: port.features('points') },
  inspect: ({ options: { numSamples, numFeatures, numClasses, partitioned } }) => ({
    features: {
      numSamples,
      numFeatures,
      classNames: classNames(numClasses),
      partitions: partitioned ? ['train', 'test'] : ['none'],
    },
  }),
  load: () => import('./points.js'),
})

const files = defineOperation({
  kind: 'source',
  type: 'toy/files',
  summary: 'One image a file: its bytes as a row of pixels',
  cacheVersion: 1,
  draws: false,
  options: options({
    path: contentPath('Folder of files; the class is the first letter'),
    flag: Type.Optional(Type.String({ description: 'A file that is waited for after reading' })),
    loads: Type.Optional(
      Type.String({ description: 'A file with a line for each picture that is loaded; pictures are handed over' }),
    ),
  }),
  inputs: {},
  outputs: { images: port.images('files') },
  inspect: () => ({ images: { partitions: ['none'] } }),
  load: () => import('./files.js'),
})

const generated = defineOperation({
  kind: 'source',
  type: 'toy/generated',
  summary: 'Images made of their index',
  cacheVersion: 1,
  options: options({
    numSamples: Type.Integer({ minimum: 1, default: 12, description: 'Images' }),
    size: Type.Integer({ minimum: 1, default: 2, description: 'Height and width' }),
  }),
  inputs: {},
  outputs: { images: port.images('images') },
  inspect: ({ options: { numSamples } }) => ({
    images: { numSamples, classNames: classNames(2), partitions: ['none'] },
  }),
  load: () => import('./generated.js'),
})

const wide = defineOperation({
  kind: 'source',
  type: 'toy/wide',
  summary: 'Many columns, made as they are asked for',
  cacheVersion: 1,
  draws: false,
  options: options({
    numSamples: Type.Integer({ minimum: 1, default: 1000, description: 'Rows' }),
    numFeatures: Type.Integer({ minimum: 1, default: 1000, description: 'Columns' }),
  }),
  inputs: {},
  outputs: { features: port.features('rows') },
  inspect: ({ options: { numSamples, numFeatures } }) => ({
    features: { numSamples, numFeatures, classNames: classNames(2), partitions: ['none'] },
  }),
  load: () => import('./wide.js'),
})

const consume = defineOperation({
  kind: 'report',
  type: 'toy/consume',
  summary: 'Sums features up through three operators',
  cacheVersion: 1,
  draws: false,
  options: options({
    consumer: Type.Union([Type.Literal('fast'), Type.Literal('slow'), Type.Literal('leaving')], {
      default: 'fast',
      description: 'How it reads',
    }),
  }),
  inputs: { features: port.features('rows') },
  outputs: { report: port.report('sums') },
  load: () => import('./consume.js'),
})

const split = (kind) =>
  defineOperation({
    kind: 'combine',
    type: `toy/split-${kind}`,
    summary: 'Splits by position',
    cacheVersion: 1,
    options: options({
      test: Type.Number({ minimum: 0, maximum: 1, default: 0.3, description: 'Share' }),
      val: Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'Share' }),
    }),
    inputs: { [kind]: port[kind]('rows') },
    outputs: { [kind]: port[kind]('rows with partitions') },
    rowPolicy: 'split',
    plan: ({ options: { val } }) => ({
      [kind]: { partitions: val > 0 ? ['train', 'val', 'test'] : ['train', 'test'] },
    }),
    load: () => import('./split.js'),
  })

const scale = defineOperation({
  kind: 'map',
  type: 'toy/scale',
  summary: 'Multiplies features',
  cacheVersion: 1,
  draws: false,
  options: options({
    factor: Type.Number({ default: 2, description: 'Factor' }),
    note: Type.Optional(Type.String({ description: 'Does nothing' })),
    delayMs: Type.Integer({ minimum: 0, default: 0, description: 'Sleep a batch' }),
  }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('scaled') },
  rows: 'features',
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  load: () => import('./scale.js'),
})

const join = defineOperation({
  kind: 'combine',
  type: 'toy/join',
  summary: 'Columns side by side',
  cacheVersion: 1,
  draws: false,
  options: options({}),
  inputs: { features: port.features.many('rows') },
  outputs: { features: port.features('joined') },
  plan: ({ inputs }) => {
    const widths = inputs.features.map((input) => input.value.numFeatures)
    return {
      features: widths.every((width) => width !== undefined) ? { numFeatures: widths.reduce((a, b) => a + b, 0) } : {},
    }
  },
  load: () => import('./join.js'),
})

const center = defineOperation({
  kind: 'estimator',
  type: 'toy/center',
  summary: 'Subtracts the train mean, keeps the first k columns',
  cacheVersion: 1,
  draws: false,
  options: options({ k: Type.Optional(Type.Integer({ minimum: 1, description: 'Columns kept' })) }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('centred') },
  rows: 'features',
  fitOn: ['train'],
  supervised: false,
  plan: ({ options: { k }, inputs, issue }) => {
    const width = inputs.features.numFeatures
    if (k !== undefined && width !== undefined && k > width)
      issue('k', 'more columns than there are', { expected: `at most ${width}`, received: String(k), hint: 'lower k' })
    return { features: { numFeatures: k ?? width } }
  },
  load: () => import('./center.js'),
})

const nearest = defineOperation({
  kind: 'estimator',
  type: 'toy/nearest',
  summary: 'Nearest class mean',
  cacheVersion: 1,
  draws: false,
  options: options({
    vote: Type.Union([Type.Literal('hard'), Type.Literal('soft')], { default: 'hard', description: 'Kind of score' }),
    fitOn: Type.Optional(Type.String({ description: 'Does nothing' })),
  }),
  inputs: { features: port.features('rows') },
  outputs: {
    predictions: port.predictions('predicted classes'),
    model: port.model('the means', { modelKind: 'classifier' }),
  },
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
  plan: ({ options: { vote } }) => ({ model: { algorithm: `nearest-${vote}` } }),
  load: () => import('./nearest.js'),
})

const useModel = defineOperation({
  kind: 'map',
  type: 'toy/use-model',
  summary: 'Distances to the means of a model',
  cacheVersion: 1,
  options: options({}),
  inputs: {
    features: port.features('rows'),
    model: port.model('means', { modelKind: 'classifier', algorithm: 'nearest-hard' }),
  },
  outputs: { features: port.features('distances') },
  rows: 'features',
  load: () => import('./use-model.js'),
})

const score = defineOperation({
  kind: 'report',
  type: 'toy/score',
  summary: 'Accuracy on test rows',
  cacheVersion: 1,
  draws: false,
  options: options({
    primaryMetric: Type.Union([Type.Literal('accuracy'), Type.Literal('error')], {
      default: 'accuracy',
      description: 'Does nothing',
    }),
  }),
  inputs: { predictions: port.predictions('scored'), context: port.report.optional('another report') },
  outputs: { report: port.report('figures') },
  load: () => import('./score.js'),
})

const hungry = defineOperation({
  kind: 'report',
  type: 'toy/hungry',
  summary: 'Asks for all images at once',
  cacheVersion: 1,
  options: options({}),
  inputs: { images: port.images('images') },
  outputs: { report: port.report('how many') },
  load: () => import('./hungry.js'),
})

const threads = defineOperation({
  kind: 'report',
  type: 'toy/threads',
  summary: 'Tells how many CPUs it was granted',
  cacheVersion: 1,
  options: options({ note: Type.Optional(Type.String({ description: 'Does nothing' })) }),
  inputs: { features: port.features('rows') },
  outputs: { report: port.report('how many') },
  resources: () => ({ cpus: 1, maxCpus: 3, memoryMb: 64 }),
  load: () => import('./threads.js'),
})

const whichDevice = defineOperation({
  kind: 'report',
  type: 'toy/which-device',
  summary: 'Tells which GPU it sees: -1 for none, -2 where nobody said; waits until the others are there, too',
  cacheVersion: 1,
  options: options({
    gpus: Type.Integer({ minimum: 0, default: 1, description: 'Asked for' }),
    here: Type.String({ description: 'A file that says it is there' }),
    others: Type.Array(Type.String(), { default: [], description: 'Files that are waited for' }),
  }),
  inputs: { features: port.features('rows') },
  outputs: { report: port.report('which') },
  resources: ({ gpus }) => ({ cpus: 1, memoryMb: 64, gpus }),
  load: () => import('./which-device.js'),
})

const hungryFit = defineOperation({
  kind: 'estimator',
  type: 'toy/hungry-fit',
  summary: 'Asks for all train images at once',
  cacheVersion: 1,
  options: options({}),
  inputs: { images: port.images('images') },
  outputs: { model: port.model('how many', { modelKind: 'network' }) },
  rows: 'images',
  fitOn: ['train'],
  supervised: false,
  load: () => import('./hungry.js'),
})

const expand = defineOperation({
  kind: 'combine',
  type: 'toy/expand',
  summary: 'A shifted copy of each train image',
  cacheVersion: 1,
  options: options({
    copyTest: Type.Boolean({ default: false, description: 'A mistake: copies test images, too' }),
    shift: Type.Integer({ default: 100, description: 'Added' }),
  }),
  inputs: { images: port.images('rows') },
  outputs: { images: port.images('rows and copies') },
  rowPolicy: 'expand',
  load: () => import('./expand.js'),
})

const brighten = defineOperation({
  kind: 'map',
  type: 'toy/brighten',
  summary: 'Adds to every pixel, lazily',
  cacheVersion: 1,
  draws: false,
  options: options({ by: Type.Integer({ default: 1, description: 'Added' }) }),
  inputs: { images: port.images('rows') },
  outputs: { images: port.images('brighter') },
  rows: 'images',
  load: () => import('./brighten.js'),
})

const concat = defineOperation({
  kind: 'combine',
  type: 'toy/concat',
  summary: 'Rows of several inputs one after the other',
  cacheVersion: 1,
  options: options({}),
  inputs: { images: port.images.many('rows') },
  outputs: { images: port.images('all rows') },
  load: () => import('./concat.js'),
})

const mean = defineOperation({
  kind: 'map',
  type: 'toy/mean',
  summary: 'Mean pixel as a feature',
  cacheVersion: 1,
  draws: false,
  options: options({ concurrency: Type.Integer({ minimum: 1, default: 4, description: 'Images decoded at a time' }) }),
  inputs: { images: port.images('rows') },
  outputs: { features: port.features('means') },
  rows: 'images',
  plan: () => ({ features: { numFeatures: 1 } }),
  load: () => import('./mean.js'),
})

const trouble = defineOperation({
  kind: 'map',
  type: 'toy/trouble',
  summary: 'Fails in the way it is asked to',
  cacheVersion: 1,
  options: options({
    mode: Type.Union(
      [
        'none',
        'throw',
        'code',
        'exit',
        'kill',
        'kill-once',
        'hang',
        'busy',
        'drop',
        'reorder',
        'rename',
        'relabel',
        'width',
        'wrong-kind',
        'peek',
        'metric',
        'oom',
        'swell',
        'swell-below',
        'reject',
        'reject-late',
        'throw-late',
      ].map((mode) => Type.Literal(mode)),
      { default: 'none', description: 'What goes wrong' },
    ),
    flag: Type.Optional(Type.String({ description: 'A file that remembers the first attempt' })),
  }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('rows') },
  rows: 'features',
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  load: () => import('./trouble.js'),
})

const devices = defineOperation({
  kind: 'map',
  type: 'toy/devices',
  summary: 'Asserts which GPUs it sees',
  cacheVersion: 1,
  options: options({
    gpus: Type.Integer({ minimum: 0, default: 0, description: 'GPUs asked for' }),
    folder: Type.Optional(Type.String({ description: 'Where those that hold GPUs write which' })),
    together: Type.Integer({ minimum: 1, default: 1, description: 'Stages that hold GPUs at the same time' }),
    note: Type.Optional(Type.String({ description: 'Does nothing' })),
  }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('rows') },
  rows: 'features',
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  resources: ({ gpus }) => ({ cpus: 1, memoryMb: 64, gpus }),
  load: () => import('./devices.js'),
})

const epochs = defineOperation({
  kind: 'map',
  type: 'toy/epochs',
  summary: 'Counts slowly, and goes on from its checkpoint',
  cacheVersion: 1,
  options: options({
    count: Type.Integer({ minimum: 1, default: 20, description: 'To count to' }),
    delayMs: Type.Integer({ minimum: 0, default: 500, description: 'Sleep a count' }),
    log: Type.Optional(Type.String({ description: 'File that every count is written to' })),
  }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('rows') },
  rows: 'features',
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  load: () => import('./epochs.js'),
})

const cheat = defineOperation({
  kind: 'combine',
  type: 'toy/cheat',
  summary: 'A split that puts groups on both sides',
  cacheVersion: 1,
  options: options({}),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('rows with partitions') },
  rowPolicy: 'split',
  plan: () => ({ features: { partitions: ['train', 'test'] } }),
  load: () => import('./cheat.js'),
})

export default definePlugin({
  name: 'toy',
  operations: [
    points,
    files,
    wide,
    consume,
    generated,
    split('features'),
    split('images'),
    scale,
    join,
    center,
    nearest,
    useModel,
    score,
    expand,
    brighten,
    concat,
    mean,
    trouble,
    cheat,
    devices,
    epochs,
    hungry,
    hungryFit,
    whichDevice,
    threads,
  ],
  moved: { 'toy/scaled-by': { type: 'other/scale', package: '@etsef/plugin-other' } },
})
