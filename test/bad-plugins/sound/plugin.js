// Honest operations around the bad ones: what gives them rows, and what reads what they made.
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = (name) => async () => (await import('./operations.js'))[name]
const shared = { cacheVersion: 1, options: Type.Object({}, { additionalProperties: false }) }
const classNames = ['a', 'b', 'c']

const source = (type, outputs, name, numSamples) =>
  defineOperation({
    ...shared,
    kind: 'source',
    type,
    summary: 'Rows of three classes, one class after the other',
    options: Type.Object(
      {
        numSamples: Type.Integer({ minimum: 1, default: numSamples, description: 'Rows' }),
        draw: Type.Integer({ minimum: 0, default: 0, description: 'Other rows for each' }),
        order: Type.Integer({
          minimum: 0,
          default: 0,
          description: 'The same rows in another order for each; 0: by class',
        }),
        isSplit: Type.Boolean({ default: true, description: 'Rows come with partitions' }),
      },
      { additionalProperties: false },
    ),
    inputs: {},
    outputs,
    inspect: ({ options: { numSamples, isSplit } }) => ({
      [name]: { numSamples, classNames, partitions: isSplit ? ['train', 'val', 'test'] : ['none'] },
    }),
    load: code(name),
  })
const count = (name) =>
  defineOperation({
    ...shared,
    kind: 'report',
    type: `sound/count-${name}`,
    summary: 'Says how many rows came',
    inputs: { [name]: port[name]('rows') },
    outputs: { report: port.report('the number') },
    load: code('count'),
  })

export default definePlugin({
  name: 'sound',
  operations: [
    source('sound/points', { features: port.features('points') }, 'features', 1000),
    source('sound/pictures', { images: port.images('pictures') }, 'images', 30),
    defineOperation({
      ...shared,
      kind: 'report',
      type: 'sound/accuracy',
      summary: 'Share of test rows whose class was predicted',
      inputs: { predictions: port.predictions.many('members') },
      outputs: { report: port.report('the shares') },
      load: code('accuracy'),
    }),
    count('features'),
    count('predictions'),
    defineOperation({
      ...shared,
      kind: 'map',
      type: 'sound/means',
      summary: 'Mean pixel of every picture',
      inputs: { images: port.images('rows') },
      outputs: { features: port.features('mean') },
      rows: 'images',
      load: code('means'),
    }),
    defineOperation({
      ...shared,
      kind: 'map',
      type: 'sound/use-model',
      summary: 'The rows as they are, beside a model',
      inputs: { features: port.features('rows'), model: port.model('any') },
      outputs: { features: port.features('the rows') },
      rows: 'features',
      load: code('pass'),
    }),
  ],
})
