import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { alikeDefaults } from './alike-defaults.js'

/** Options of `data/near-duplicates`. */
export const nearDuplicatesOptions = Type.Object(
  {
    acrossPartitions: Type.Enum(['refuse', 'report'], {
      default: 'refuse',
      description: 'Near-duplicates of which one is a test row and the other is not, or that a split has parted',
    }),
    sharedGroups: Type.Enum(['refuse', 'report', 'ignore'], {
      default: 'report',
      description:
        'Groups (patients) with test rows in one input and other rows in another; ignore where equal names are not equal patients',
    }),
    maxDistance: Type.Integer({
      minimum: 0,
      maximum: 128,
      default: alikeDefaults.maxDistance,
      description: 'At most so many of the 256 bits of the difference hashes differ',
    }),
    minCorrelation: Type.Number({
      minimum: 0,
      maximum: 1,
      default: alikeDefaults.minCorrelation,
      description: 'Least correlation of the pictures at 32 × 32',
    }),
  },
  { additionalProperties: false },
)

/** Options of `data/near-duplicates`, defaults filled in. */
export type NearDuplicatesOptions = Static<typeof nearDuplicatesOptions>

/** Inputs of `data/near-duplicates`. */
export const nearDuplicatesInputs = {
  images: port.images.many('one data set, or several of which one is what others are pre-trained for'),
}

/** Outputs of `data/near-duplicates`. */
export const nearDuplicatesOutputs = {
  report: port.report('groups.csv (groups-<input>.csv of several), pairs.csv, shared-groups.csv, table.md'),
}

/** `data/near-duplicates`. */
export const nearDuplicates: Operation = defineOperation({
  kind: 'report',
  type: 'data/near-duplicates',
  summary:
    'Audit: pictures that are nearly the same, in different partitions, classes or data sets, and the groups they make',
  cacheVersion: 2,
  draws: false,
  options: nearDuplicatesOptions,
  inputs: nearDuplicatesInputs,
  outputs: nearDuplicatesOutputs,
  load: () => import('./near-duplicates-node.js'),
})
