import { Type } from '@etsef/plugin-api'

/** Option of sources that can be made a control. */
export const permuteLabelsOption = Type.Union([Type.Integer(), Type.Null()], {
  default: null,
  description: 'Seed that deals labels anew among groups: a control in which nothing can be learned. null: true labels',
})
