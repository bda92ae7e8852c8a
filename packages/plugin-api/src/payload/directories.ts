/** A model on disk: weights, architecture, class list, preprocessing contract, training record. Data only, never code. */
export interface ModelValue {
  readonly kind: 'model'
  /** Absolute path of the directory. */
  readonly dir: string
}

/** A report on disk: metrics, tables, figures. */
export interface ReportValue {
  readonly kind: 'report'
  /** Absolute path of the directory. */
  readonly dir: string
  /** Flat figures for the terminal and sweep tables, e.g. `vote.balancedAccuracy`; `null` where undefined. */
  readonly metrics: Readonly<Record<string, number | null>>
  /** A table for the terminal. */
  readonly table?: ReportTable | undefined
}

/** A small table of text. */
export interface ReportTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}
