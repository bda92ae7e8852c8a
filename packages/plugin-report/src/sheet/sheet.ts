import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

/** Options of `report/sheet`. */
export const sheetOptions = Type.Object(
  {
    rows: Type.Integer({ minimum: 1, maximum: 40, default: 6, description: 'Pictures, spread over classes; train rows where there are any' }), // prettier-ignore
    draws: Type.Integer({ minimum: 1, maximum: 20, default: 5, description: 'Views or copies beside each picture' }),
  },
  { additionalProperties: false },
)

/** Inputs of `report/sheet`. */
export const sheetInputs = { images: port.images('what is looked at') }

/** Outputs of `report/sheet`. */
export const sheetOutputs = { report: port.report('sheet.png') }

/** `report/sheet`. */
export const sheet: Operation = defineOperation({
  kind: 'report',
  type: 'report/sheet',
  summary: 'Pictures as they are, beside each what random views or copies of it look like, and what was done to it',
  cacheVersion: 1,
  draws: false,
  options: sheetOptions,
  inputs: sheetInputs,
  outputs: sheetOutputs,
  load: () => import('./sheet-node.js'),
})
