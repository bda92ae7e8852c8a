/** What may be handed out and not yet released: batches, and bytes of their numbers. One batch always may. */
export interface StreamBound {
  readonly batches: number
  readonly bytes: number
}

/** The bound of every input of an operation. */
export const streamBound: StreamBound = { batches: 4, bytes: 32 * 2 ** 20 }

/** Rows in a stored batch: what is handed to an operation at a time, whatever batches the producer made. */
export const rowsPerBatch = 256
