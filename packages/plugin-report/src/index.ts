import plugin from './plugin.js'

export { attributionMeans } from './attributions/mean-attributions.js'
export type { AttributionMeans, MeanAttribution, MeanAttributions } from './attributions/mean-attributions.js'
export type { AttributionsOptions } from './attributions/attributions.js'
export { conformalThresholds, predictionSets } from './calibrate/conformal.js'
export type { CalibrationRows, ConformalOptions } from './calibrate/conformal.js'
export { applyTemperature, fitTemperature } from './calibrate/temperature.js'
export { aurc } from './curves/risk-coverage.js'
export type { Confidences } from './curves/risk-coverage.js'
export { squaredDistances } from './embedding/distances.js'
export type { Points } from './embedding/distances.js'
export { planarPca } from './embedding/pca-start.js'
export type { PlanarPca } from './embedding/pca-start.js'
export { silhouette } from './embedding/silhouette.js'
export { allowedPerplexity, tsne, tsneSteps } from './embedding/t-sne.js'
export type { TsneOptions, TsneResult } from './embedding/t-sne.js'
export { trustworthiness } from './embedding/trustworthiness.js'
export { alignPredictions } from './evaluate/align.js'
export type { Aligned } from './evaluate/align.js'
export { compareWithReference, overallTest } from './evaluate/compare.js'
export type { CompareOptions, Comparison } from './evaluate/compare.js'
export { evaluate } from './evaluate/evaluation.js'
export type { ClassIntervals, Evaluation, IntervalMetric } from './evaluate/evaluation.js'
export type { Candidate, Judged } from './evaluate/judged.js'
export type { EvaluateOptions } from './evaluate/evaluate.js'
export type { HtmlOptions } from './html/html.js'
export { barChart } from './figures/bar-chart.js'
export type { BarFigure } from './figures/bar-chart.js'
export { confusionMatrixChart } from './figures/confusion-matrix-chart.js'
export { drawChart } from './figures/draw-chart.js'
export type { DrawnChart } from './figures/draw-chart.js'
export type { FiguresOptions } from './figures/figures.js'
export { reliabilityChart } from './figures/reliability-chart.js'
export { scatterChart } from './figures/scatter-chart.js'
export type { ScatterFigure } from './figures/scatter-chart.js'
export { bcaInterval } from './intervals/bca.js'
export type { BcaInput } from './intervals/bca.js'
export { clusterResamples, intervalOfReplicates, percentileInterval } from './intervals/bootstrap.js'
export type { BootstrapInterval, ClusterOptions, Statistic } from './intervals/bootstrap.js'
export { quantile } from './intervals/quantile.js'
export { clopperPearsonInterval, resolution, wilsonInterval } from './intervals/wilson.js'
export type { Interval, Proportion } from './intervals/wilson.js'
export { calibration } from './metrics/calibration.js'
export type { BinningOptions, Calibration, ReliabilityBin } from './metrics/calibration.js'
export {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  macroF1,
  matthewsCorrelation,
  weightedF1,
} from './metrics/classification.js'
export { confusionMatrix, normaliseRows } from './metrics/confusion-matrix.js'
export type { ConfusionMatrix } from './metrics/confusion-matrix.js'
export { argMaxRows } from './metrics/labels.js'
export type { BinaryScores, ClassScores, HardLabels } from './metrics/labels.js'
export { perClassMetrics } from './metrics/per-class.js'
export type { ClassMetrics } from './metrics/per-class.js'
export { brierScore, logLoss } from './metrics/probability.js'
export {
  auroc,
  aurocPerClass,
  averagePrecision,
  averagePrecisionPerClass,
  macroAuroc,
  macroAurocOneVersusOne,
  macroAveragePrecision,
} from './metrics/ranking.js'
export { benjaminiHochberg, holm } from './paired/adjust.js'
export { cochranQ } from './paired/cochran-q.js'
export type { TestResult } from './paired/cochran-q.js'
export { aurocInterval, deLong } from './paired/delong.js'
export type { AurocInterval, DeLongResult } from './paired/delong.js'
export { discordance, mcnemar } from './paired/mcnemar.js'
export type { Discordance, McNemarResult } from './paired/mcnemar.js'
export { nadeauBengio } from './paired/nadeau-bengio.js'
export type { CorrectedTResult } from './paired/nadeau-bengio.js'
export { wilcoxonSignedRank } from './paired/wilcoxon.js'
export type { WilcoxonResult } from './paired/wilcoxon.js'

export default plugin
