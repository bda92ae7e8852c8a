import { Type, defineOperation, port, runReportOptions } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'

/** Options of `report/html`. */
export const htmlOptions = Type.Object(
  {
    title: Type.String({ default: '', description: 'Heading of the page; empty: the name of the pipeline' }),
    pictures: Type.Integer({
      minimum: 0,
      maximum: 200,
      default: 24,
      description: 'At most so many pictures in the gallery of failures',
    }),
    baseline: Type.String({
      default: '',
      description: 'Input of the evaluation that is the frozen baseline; etsef report finds it by itself',
    }),
    single: Type.String({
      default: '',
      description: 'Input that is the single model chosen by validation rows; etsef report finds it by itself',
    }),
    networks: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Inputs that are networks on their own; etsef report finds them by itself',
    }),
    ...runReportOptions,
  },
  { additionalProperties: false },
)

/** Options of `report/html`, defaults filled in. */
export type HtmlOptions = Static<typeof htmlOptions>

/** `report/html`. */
export const htmlReport: Operation = defineOperation({
  kind: 'report',
  type: 'report/html',
  summary: 'One self-contained HTML page that tells what reports, and a whole run, found',
  cacheVersion: 5,
  draws: false,
  options: htmlOptions,
  inputs: { reports: port.report.many('Reports to tell of') },
  outputs: {
    report: port.report(
      'index.html, which refers to no other file; with option files also tables/ (CSV, LaTeX) and figures/ (SVG, PDF, PNG)',
    ),
  },
  load: () => import('./html-node.js'),
})
