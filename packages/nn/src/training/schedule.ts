/** How the learning rate moves over training. */
export interface ScheduleOptions {
  /**
   * `cosine` falls to `floor` at the end; `plateau` is cut when the monitored figure stalls; `step` is cut every `stepEpochs`;
   * `oneCycle` rises from 1/25 to the whole rate in the first quarter and falls to 1/100,000, both on half cosines, while the
   * momentum goes the other way.
   *
   * @see Smith and Topin 2018, arXiv:1708.07120; the shares are those of fastai's `fit_one_cycle`
   */
  readonly kind: 'none' | 'cosine' | 'plateau' | 'step' | 'oneCycle'
  /** Epochs of linear warm-up from 0, default 0; may be fractional. `oneCycle` has its own rise and takes none. */
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
  if (kind === 'oneCycle') return alongCycle(progress / epochs, 1 / 25, 1, 1e-5)
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

/** Momentum of a step (Adam's beta1) where the schedule moves it; undefined where the optimizer keeps its own. */
export function scheduleMomentum({ kind }: ScheduleOptions, progress: number, epochs: number): number | undefined {
  return kind === 'oneCycle' ? alongCycle(progress / epochs, 0.95, 0.85, 0.95) : undefined
}

/** Share of a cycle in which the rate rises. */
const rise = 0.25

/** From `start` over `middle` to `end` on two half cosines; `position` in [0, 1]. */
function alongCycle(position: number, start: number, middle: number, end: number): number {
  const between = (from: number, to: number, share: number): number =>
    to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)))
  return position < rise
    ? between(start, middle, position / rise)
    : between(middle, end, (position - rise) / (1 - rise))
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
