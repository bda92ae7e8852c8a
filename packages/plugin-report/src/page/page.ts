import { Type, defineOperation, port } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'

/** Options of `report/page`. */
export const pageOptions = Type.Object(
  { title: Type.String({ default: 'Report', minLength: 1, description: 'Heading of the page' }) },
  { additionalProperties: false },
)

/** Options of `report/page`, defaults filled in. */
export type PageOptions = Static<typeof pageOptions>

/** `report/page`. */
export const page: Operation = defineOperation({
  kind: 'report',
  type: 'report/page',
  summary: 'One self-contained HTML page with the tables, texts and figures of several reports',
  cacheVersion: 2,
  options: pageOptions,
  inputs: { reports: port.report.many('Reports to show, one section each, in this order') },
  outputs: { report: port.report('index.html, which refers to no other file') },
  load: () => import('./page-node.js'),
})
