import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { fewer } from './fewer/fewer.js'
import { folder } from './folder/folder.js'
import { nearDuplicates } from './near-duplicates/near-duplicates.js'
import { table } from './table/table.js'
import { dicom } from './medical/dicom.js'
import { phantoms } from './phantoms/phantoms.js'
import { split } from './split/split.js'

/** Where images come from, their partitions, and audits of both. */
const plugin: Plugin = definePlugin({
  name: 'data',
  operations: [folder, table, dicom, phantoms, split, fewer, nearDuplicates],
})

export default plugin
