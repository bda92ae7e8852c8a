export { default } from './plugin.js'
export { casesOptions } from './cases/cases.js'
export type { CaseJson, CaseMap, CaseMembers, CasesJson } from './cases/cases-json.js'
export { chainOptions } from './chain/chain.js'
export { chainPixelsOptions } from './chain-pixels/chain-pixels.js'
export { linearShapley, outputsAt, weightsThrough, type AffineStep, type LinearOutputs } from './chain/affine-chain.js'
export { checkOptions } from './check/check.js'
export { columnShapOptions } from './column-shap/column-shap.js'
export { combinedMap } from './combine-maps/combined-map.js'
export { combineMapsOptions } from './combine-maps/combine-maps.js'
export { gradCamOptions } from './grad-cam/grad-cam.js'
export { overlayOptions } from './overlay/overlay.js'
export { treeInteractionsOptions } from './tree-interactions/tree-interactions.js'
export type { InteractionsJson } from './tree-interactions/tree-interactions-node.js'
export { treeShapOptions } from './tree-shap/tree-shap.js'
export { checkAdditivity } from './tree-shap/additivity.js'
export { treeExplainer, type TreeExplainer } from './tree-shap/interventional-tree-shap.js'
export { interactionExplainer, type InteractionExplainer } from './tree-shap/interventional-tree-interactions.js'
export { camMap, camMethods, channelWeights, type CamMethod, type LayerEvidence } from './grad-cam/cam-methods.js'
export { createExplainer, networkInput, type Explainer, type LogitExplanation } from './grad-cam/explain-logits.js'
export { openExplainer, type OpenExplainer, type OpenExplainerOptions } from './grad-cam/open-explainer.js'
export { explainRows, type ExplainRowsOptions } from './grad-cam/explain-rows.js'
export { explainableLayer, type ExplainableLayer } from './grad-cam/explainable-layer.js'
export { borderShare, localize, type Localization } from './grad-cam/localization.js'
export { normalizeMap, type NormalizedMap } from './grad-cam/normalize-map.js'
export { upsampleMap } from './grad-cam/upsample-map.js'
export { drawPanel, type Panel } from './overlay/draw-panel.js'
export { heatColor } from './overlay/color-map.js'
export { placeMap, receptiveGrid, type AxisGrid, type ReceptiveGrid } from './grad-cam/receptive-grid.js'
export { pixelsOptions } from './pixels/pixels.js'
export type { Differentiable } from './pixels/differentiable.js'
export {
  expectedGradients,
  integratedGradients,
  type PathAttribution,
  type PathOptions,
} from './pixels/integrated-gradients.js'
export { occlusion, type OcclusionOptions } from './pixels/occlusion.js'
export { gaussLegendreRule, midpointRule, type Quadrature, type QuadratureRule } from './pixels/quadrature.js'
export { smoothGrad } from './pixels/smooth-grad.js'
export { voteShapOptions } from './vote-shap/vote-shap.js'
export { membersOptions } from './members/members.js'
export type { MembersJson } from './members/members-report.js'
export { exactShapley } from './shapley/exact-shapley.js'
export {
  estimateShapley,
  type Coalition,
  type EstimateOptions,
  type Game,
  type ShapleyEstimate,
} from './shapley/estimate-shapley.js'
export { kernelShapley } from './shapley/kernel-shapley.js'
export { slic, type SlicImage, type SlicOptions, type Superpixels } from './superpixels/slic.js'
