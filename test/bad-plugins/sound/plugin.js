// Honest operations around the bad ones: what gives them rows, and what reads what they made.
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = (name) => async () => (await import('./operations.js'))[name]
const shared = { cacheVersion: 1, options: Type.Object({}, { additionalProperties: false }) }
const partitions = ['train', 'val', 'test']
const classNames = ['a', 'b', 'c']

const source = (type, outputs, name) =>
  defineOperation({
    ...shared,
    kind: 'source',
    type,
    summary: 'Rows of three classes, split',
    options: Type.Object(
      { order: Type.Integer({ minimum: 0, default: 0, description: 'Rows come in another order for each' }) },
      { additionalProperties: false },
    ),
    inputs: {},
    outputs,
    inspect: () => ({ [name]: { partitions, classNames } }),
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
    source('sound/points', { features: port.features('points') }, 'features'),
    source('sound/pictures', { images: port.images('pictures') }, 'images'),
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
