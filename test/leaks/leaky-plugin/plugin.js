// Plain JavaScript: what a careless or clever author can publish, whatever the types of the contract say.
import { Type, definePlugin, port } from '@etsef/plugin-api'

const none = Type.Object({}, { additionalProperties: false })
const images = { images: port.images('images') }
const features = { features: port.features('features') }
const predictions = { predictions: port.predictions('predictions') }
const shared = { summary: 'for tests', cacheVersion: 1, options: none }
const code = (name) => async () => (await import('./operations.js'))[name]

const map = (type, rest = {}) => ({
  ...shared,
  kind: 'map',
  type,
  rows: 'features',
  inputs: features,
  outputs: features,
  load: code(rest.code),
  ...rest,
})
const combine = (type, rest) => ({ ...shared, kind: 'combine', type, load: code(rest.code), ...rest })
const estimator = (type, rest) => ({ ...shared, kind: 'estimator', type, load: code(rest.code), ...rest })

const plugin = definePlugin({
  name: 'leaky',
  operations: [
    // Honest helpers
    map('leaky/pixels', { rows: 'images', inputs: images, outputs: features, code: 'pixels' }),
    map('leaky/sorted-pixels', { rows: 'images', inputs: images, outputs: features, code: 'rawPixels' }),
    {
      ...shared,
      kind: 'report',
      type: 'leaky/dump',
      inputs: { ...features },
      outputs: { report: port.report('rows.json') },
      load: code('dump'),
    },
    {
      ...shared,
      kind: 'report',
      type: 'leaky/dump-predictions',
      inputs: { ...predictions },
      outputs: { report: port.report('rows.json') },
      load: code('dumpPredictions'),
    },
    combine('leaky/reorder', { inputs: features, outputs: features, rowPolicy: 'subset', code: 'reorder' }),
    estimator('leaky/pretrain', {
      rows: 'images',
      inputs: { ...images, init: port.model.optional('start') },
      outputs: { features: port.features('mean pixels'), model: port.model('mean') },
      fitOn: ['train'],
      supervised: true,
      code: 'pretrain',
    }),
    estimator('leaky/contrast', {
      rows: 'images',
      inputs: images,
      outputs: { model: port.model('mean') },
      fitOn: ['train'],
      supervised: false,
      code: 'contrast',
    }),
    map('leaky/extract', {
      rows: 'images',
      inputs: { ...images, model: port.model('model') },
      outputs: features,
      code: 'extract',
    }),
    // Sources
    { ...shared, kind: 'source', type: 'leaky/twins', inputs: {}, outputs: images, load: code('twins') },
    // Estimators
    estimator('leaky/fit-on-test', {
      rows: 'features',
      inputs: features,
      outputs: features,
      fitOn: ['test'],
      supervised: true,
      code: 'memorize',
    }),
    estimator('leaky/fit-on-train-and-test', {
      rows: 'features',
      inputs: features,
      outputs: predictions,
      fitOn: ['train', 'test'],
      supervised: true,
      code: 'memorize',
    }),
    estimator('leaky/memorize', {
      rows: 'features',
      inputs: { ...features, side: port.features.optional('more rows') },
      outputs: predictions,
      fitOn: ['train'],
      supervised: true,
      code: 'memorize',
    }),
    estimator('leaky/peek-in-apply', {
      rows: 'features',
      inputs: features,
      outputs: predictions,
      fitOn: ['train'],
      supervised: true,
      code: 'peekInApply',
    }),
    estimator('leaky/peek-in-open', {
      rows: 'features',
      inputs: features,
      outputs: features,
      fitOn: ['train'],
      supervised: true,
      code: 'peekInOpen',
    }),
    estimator('leaky/fit-on-report', {
      rows: 'features',
      inputs: { ...features, report: port.report('scores') },
      outputs: features,
      fitOn: ['train'],
      supervised: true,
      code: 'memorize',
    }),
    estimator('leaky/read-ids', {
      rows: 'features',
      inputs: features,
      outputs: predictions,
      fitOn: ['train'],
      supervised: true,
      code: 'readIds',
    }),
    // Maps
    map('leaky/read-uris', { rows: 'images', inputs: images, outputs: predictions, code: 'readUris' }),
    map('leaky/paint-names', { rows: 'images', inputs: images, outputs: images, code: 'paintNames' }),
    map('leaky/refuse-row', { code: 'refuseRow' }),
    map('leaky/relabel', { code: 'relabel' }),
    map('leaky/drop-rows', { code: 'dropRows' }),
    map('leaky/double-rows', { code: 'doubleRows' }),
    map('leaky/invent-ids', { code: 'inventIds' }),
    map('leaky/shuffle-rows', { code: 'shuffleRows' }),
    map('leaky/standardize-all', { code: 'standardizeAll' }),
    map('leaky/swap-pictures', { rows: 'images', inputs: images, outputs: images, code: 'swapPictures' }),
    // Combines
    combine('leaky/read-test-names', { inputs: features, outputs: predictions, code: 'readTestNames' }),
    combine('leaky/read-labels', { inputs: features, outputs: predictions, code: 'readLabels' }),
    combine('leaky/label-in-pixels', { inputs: images, outputs: images, code: 'labelInPixels' }),
    combine('leaky/to-train', { inputs: features, outputs: features, code: 'toTrain' }),
    combine('leaky/split-by-file', { inputs: images, outputs: images, rowPolicy: 'split', code: 'splitByFile' }),
    combine('leaky/move-to-train', { inputs: images, outputs: images, rowPolicy: 'split', code: 'splitByFile' }),
    combine('leaky/augment-test', { inputs: images, outputs: images, rowPolicy: 'expand', code: 'augmentTest' }),
    combine('leaky/drop-test', { inputs: images, outputs: images, rowPolicy: 'expand', code: 'dropTest' }),
    combine('leaky/copies-of-test-pictures', {
      inputs: images,
      outputs: images,
      rowPolicy: 'expand',
      code: 'copiesOfTestPictures',
    }),
    combine('leaky/fit-in-combine', { inputs: images, outputs: { model: port.model('mean') }, code: 'fitInCombine' }),
    // Reports
    {
      ...shared,
      kind: 'report',
      type: 'leaky/report-with-rows',
      inputs: features,
      outputs: features,
      load: code('pass'),
    },
  ],
})

export default plugin
