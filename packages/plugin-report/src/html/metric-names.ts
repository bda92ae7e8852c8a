const titles: Readonly<Record<string, string>> = {
  accuracy: 'Accuracy',
  balancedAccuracy: 'Balanced accuracy',
  macroF1: 'Macro-F1',
  weightedF1: 'Weighted F1',
  mcc: 'MCC',
  kappa: 'Kappa',
  macroAuroc: 'AUROC',
  macroAveragePrecision: 'Average precision',
  brier: 'Brier score',
  logLoss: 'Log loss',
  ece: 'ECE',
  eceEqualMass: 'ECE, equal mass',
  aurc: 'AURC',
  sensitivity: 'Sensitivity',
  specificity: 'Specificity',
  ppv: 'PPV',
  npv: 'NPV',
  f1: 'F1',
  auroc: 'AUROC',
  averagePrecision: 'AP',
}

/** A metric as people write it; one that is not known, as it is called. */
export function metricTitle(metric: string): string {
  return titles[metric] ?? metric
}

/** Where the interval of a metric of an input stands in an evaluation. */
export function pathOfInterval(input: number, metric: string): readonly (string | number)[] {
  return ['inputs', input, 'intervals', metric]
}
