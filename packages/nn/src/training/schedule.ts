/** How the learning rate moves over training. */
export interface ScheduleOptions {
  /** `cosine` falls to `floor` at the end; `plateau` is cut when the monitored figure stalls; `step` is cut every `stepEpochs`. */
  readonly kind: 'none' | 'cosine' | 'plateau' | 'step'
  /** Epochs of linear warm-up from 0, default 0; may be fractional. */
  readonly warmupEpochs?: number
  /** Share of the base rate below which it does not fall, default 0.01. */
  readonly floor?: number
  /** Cut of `plateau` and `step`, default 0.2. */
  readonly factor?: number
  /** Epochs without improvement before a `plateau` cut, default 3. */
  readonly patience?: number
  /** Epochs between `step` cuts, default 40. */
  readonly stepEpochs?: number
}

/** State of a plateau schedule; plain data, so that it can be saved. */
export interface PlateauState {
  scale: number
  /** Best score so far; null before the first. */
  best: number | null
  stalled: number
}

/** A fresh {@link PlateauState}. */
export function startPlateau(): PlateauState {
  return { scale: 1, best: null, stalled: 0 }
}

/**
 * Factor on the base learning rate.
 *
 * @param progress - Epochs done, fractional inside an epoch.
 * @param epochs - Epochs in all.
 */
export function scheduleFactor(
  options: ScheduleOptions,
  progress: number,
  epochs: number,
  plateau: PlateauState = startPlateau(),
): number {
  const { kind, warmupEpochs = 0, floor = 0.01, factor = 0.2, stepEpochs = 40 } = options
  if (progress < warmupEpochs) return progress / warmupEpochs
  switch (kind) {
    case 'none':
      return 1
    case 'cosine': {
      const share = Math.min(1, (progress - warmupEpochs) / Math.max(1e-9, epochs - warmupEpochs))
      return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share))
    }
    case 'plateau':
      return Math.max(floor, plateau.scale)
    case 'step':
      return Math.max(floor, factor ** Math.floor(progress / stepEpochs))
  }
}

/** Tells a plateau state the score of a finished epoch: higher is better, so a loss is handed over negated. */
export function updatePlateau(state: PlateauState, options: ScheduleOptions, score: number): void {
  const { factor = 0.2, patience = 3 } = options
  if (state.best === null || score > state.best + 1e-4) {
    state.best = score
    state.stalled = 0
  } else if (++state.stalled >= patience) {
    state.scale *= factor
    state.stalled = 0
  }
}
