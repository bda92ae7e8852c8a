/** Who comes first when a server is full: those whom it sent away, before those whom it has answered since. */
export interface Turns {
  /** Takes note that a connection was sent away, and told to come again. */
  sentAway(this: void, connection: object): void
  /** Takes note that a connection got its answer, and how long that took. */
  answered(this: void, connection: object, ms: number): void
  /**
   * How many who were sent away are expected about now, and come before a connection: they were sent away before its last answer. Of one that has had no
   * answer it cannot be told whether it is one of them, so nobody comes before it.
   */
  numAhead(this: void, connection: object): number
  /** Takes note that a picture was let in. */
  letIn(this: void, connection: object): void
}

/** How turns are kept. */
export interface TurnsOptions {
  /** When those who were sent away were told to come again. */
  readonly retryMs: number
  /** Milliseconds; for tests. */
  readonly now: () => number
}

/** So much later than told somebody still comes in turn: for clocks and networks. Who gave up holds a turn for no longer. */
const graceMs = 250
/** Weight of the newest answer in their mean time. */
const newest = 0.1
/** Turns that are kept; more who are sent away in a second come as anybody does. */
const mostTurns = 64

/**
 * Turns for senders who keep their connection while they are answered. Whoever was sent away comes again after a pause, and those who are answered ask
 * again at once: without turns a full server would be theirs for ever.
 */
export function createTurns({ retryMs, now }: TurnsOptions): Turns {
  let turns: { readonly since: number }[] = []
  let meanMs = 0
  const lastAnswers = new WeakMap<object, number>()
  /** Who is let in just before somebody comes would still be computed when he does. */
  const isExpected = ({ since }: { readonly since: number }): boolean =>
    now() >= since + retryMs - Math.min(meanMs, retryMs / 2)
  /** Whoever may be one of those who were expected has come: nobody is held up by the turn of who has waited longest any more. */
  const takeTurn = (connection: object): void => {
    if (lastAnswers.has(connection)) return
    const at = turns.findIndex(isExpected)
    if (at >= 0) turns.splice(at, 1)
  }
  return {
    sentAway(connection) {
      takeTurn(connection)
      if (turns.length < mostTurns) turns.push({ since: now() })
    },
    answered(connection, ms) {
      lastAnswers.set(connection, now())
      meanMs = meanMs === 0 ? ms : meanMs + newest * (ms - meanMs)
    },
    numAhead(connection) {
      turns = turns.filter(({ since }) => now() <= since + retryMs + graceMs)
      const answeredAt = lastAnswers.get(connection)
      if (answeredAt === undefined) return 0
      return turns.filter((turn) => isExpected(turn) && turn.since <= answeredAt).length
    },
    letIn: takeTurn,
  }
}
