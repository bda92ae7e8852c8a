import { Type, type Static } from '@etsef/plugin-api'

/** Options of `xai/tree-shap`. */
export const treeShapOptions = Type.Object(
  {
    background: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: 'Train rows that stand for absent columns, drawn with the seed; time grows with it',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/tree-shap`, defaults filled in. */
export type TreeShapOptions = Static<typeof treeShapOptions>
