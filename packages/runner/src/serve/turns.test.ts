import type { FastifyInstance } from 'fastify'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Picture } from '../predict/picture-batch.js'
import type { PredictionRow } from '../predict/predicted-row.js'
import { createServer } from './create-server.js'
import { createTurns } from './turns.js'

const apps: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

/** A server for one picture at a time, whose clock stands still and which computes until it is told to go on. */
async function oneSeat() {
  let clock = 0
  const computed: (() => void)[] = []
  let begun: () => void = () => undefined
  const app = await createServer({
    predictor: {
      classNames: ['a', 'b'],
      memberNames: [],
      predict: async (pictures: readonly Picture[]): Promise<readonly PredictionRow[]> => {
        await new Promise<void>((done) => {
          computed.push(done)
          begun()
        })
        const answer = { className: 'a', scores: { a: 1, b: 0 }, scoreKind: 'probability' as const }
        return pictures.map(({ id, sha256 }) => ({ id, sha256, ...answer, margin: 1, abstained: false, members: {} }))
      },
    },
    ...{ intendedUse: '', sets: { missing: 'none' }, bundle: '', title: '', version: '', log: () => undefined },
    ...{ concurrency: 8, maxPending: 1, gatherMs: 0, maxBytes: 1000, maxPixels: 1000, timeoutSeconds: 60 },
    now: () => clock,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  apps.push(app)
  const { port } = app.server.address() as AddressInfo
  return {
    /** Asks on a connection, and waits for the answer, or until it is computed. */
    ask(this: void, agent: Agent) {
      const computing = new Promise<void>((done) => (begun = done))
      const answer = new Promise<number>((done, fail) => {
        const headers = { 'content-type': 'image/png', 'content-length': 3 }
        const sent = request({ port, agent, path: '/predict', method: 'POST', headers }, (response) => {
          response.resume().on('end', () => {
            done(response.statusCode!)
          })
        })
        sent.on('error', fail).end('png')
      })
      return { answer, computing: Promise.race([computing, answer.then(() => undefined)]) }
    },
    answer: () => computed.shift()!(),
    at: (ms: number) => (clock = ms),
  }
}

const sender = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 })

describe('a full server', () => {
  test('answers whoever it sent away before those whom it has answered since', async () => {
    const { ask, answer, at } = await oneSeat()
    const [regular, other] = [sender(), sender()]
    const first = ask(regular)
    await first.computing
    expect(await ask(other).answer).toBe(429)
    answer()
    expect(await first.answer).toBe(200)
    at(1000)
    // It asks just before the other comes again, as told.
    const early = ask(regular)
    await early.computing
    const again = ask(other)
    await again.computing
    answer()
    expect([await early.answer, await again.answer]).toEqual([429, 200])
    regular.destroy()
    other.destroy()
  })

  test('keeps no turn for who does not come again', async () => {
    const { ask, answer, at } = await oneSeat()
    const [regular, other] = [sender(), sender()]
    const first = ask(regular)
    await first.computing
    expect(await ask(other).answer).toBe(429)
    answer()
    expect(await first.answer).toBe(200)
    at(1251)
    const later = ask(regular)
    await later.computing
    answer()
    expect(await later.answer).toBe(200)
    regular.destroy()
    other.destroy()
  })
})

describe('turns', () => {
  test('are for those who were sent away before the last answer, from shortly before they come', () => {
    let clock = 0
    const { sentAway, answered, numAhead, letIn } = createTurns({ retryMs: 1000, now: () => clock })
    const [regular, comes] = [{}, {}]
    sentAway({})
    sentAway({})
    clock = 10
    answered(regular, 100)
    clock = 20
    sentAway({})
    const aheadAt = (ms: number) => {
      clock = ms
      return [numAhead(regular), numAhead(comes)]
    }
    expect([899, 900, 1250].map(aheadAt)).toEqual([
      [0, 0],
      [2, 0],
      [2, 0],
    ])
    letIn(comes)
    expect(aheadAt(1250)).toEqual([1, 0])
    letIn(regular)
    expect(aheadAt(1250)).toEqual([1, 0])
    expect(aheadAt(1251)).toEqual([0, 0])
  })

  test.each([1, 3])('give eight senders for %i seats each its share, and no seat empty for long', (numSeats) => {
    let clock = 0
    const turns = createTurns({ retryMs: 1000, now: () => clock })
    const senders = Array.from({ length: 8 }, () => ({
      connection: {},
      asksAt: 0,
      answeredAt: Infinity,
      numAnswers: 0,
    }))
    for (; clock < 60_000; clock += 5) {
      for (const each of senders)
        if (each.answeredAt <= clock) {
          turns.answered(each.connection, 100)
          Object.assign(each, { answeredAt: Infinity, asksAt: clock, numAnswers: each.numAnswers + 1 })
        }
      for (const each of senders) {
        if (each.answeredAt < Infinity || each.asksAt > clock) continue
        const numPending = senders.filter(({ answeredAt }) => answeredAt < Infinity).length
        if (numPending + turns.numAhead(each.connection) >= numSeats) {
          turns.sentAway(each.connection)
          // What is refused before it was read closes its connection.
          Object.assign(each, { connection: {}, asksAt: clock + 1005 })
        } else {
          turns.letIn(each.connection)
          each.answeredAt = clock + 100
        }
      }
    }
    const shares = senders.map(({ numAnswers }) => numAnswers)
    expect(Math.min(...shares)).toBeGreaterThan(0.6 * Math.max(...shares))
    // A seat answers ten in a second. A single one is kept empty for a while before each turn.
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeGreaterThan((numSeats === 1 ? 0.6 : 0.8) * numSeats * 600)
  })
})
