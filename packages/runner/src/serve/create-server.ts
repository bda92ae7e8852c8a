import multipart from '@fastify/multipart'
import type { PictureMap } from '@etsef/plugin-api'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { hash, timingSafeEqual } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Maps } from '../predict/open-maps.js'
import type { Predictor } from '../predict/open-predictor.js'
import { isPredicted, type PredictedRow, type PredictionRow } from '../predict/predicted-row.js'
import type { SetFacts } from '../predict/prediction-sets.js'
import { pictureOf } from '../predict/read-pictures.js'
import { HttpProblem, httpProblemOf, type HttpCode } from './http-problem.js'
import { createBatchTimes } from './batch-times.js'
import { createBatcher } from './batcher.js'
import { isPage, pageFiles, pagePolicy } from './page/page-files.js'
import { openApi } from './open-api.js'
import { createSlots } from './slots.js'
import { createTurns } from './turns.js'

/** What a server answers with, and within which bounds. */
export interface ServerOptions {
  readonly predictor: Pick<Predictor, 'predict' | 'classNames' | 'memberNames'>
  /** Heat maps; left out: none can be made here. */
  readonly maps?: Pick<Maps, 'explain'> | undefined
  /** What the bundle says it is for. */
  readonly intendedUse: string
  /** What prediction sets promise; or why there are none. */
  readonly sets: SetFacts
  /** sha256 of the bundle's index: which bundle it was that answered. */
  readonly bundle: string
  readonly title: string
  readonly version: string
  /** Whoever sends it may ask; left out: whoever reaches the server. */
  readonly token?: string | undefined
  /** Requests in the house at a time; more get 429. */
  readonly concurrency: number
  /** Pictures that wait for their answer or are computed, at a time; more get 429. */
  readonly maxPending: number
  /** How long a batch waits for senders that were answered together. */
  readonly gatherMs: number
  /** Milliseconds of batches of 1, 2, … pictures, as measured here: a picture that would wait for twice the first gets 429. Left out: as many wait as may. */
  readonly batchMs?: readonly number[] | undefined
  readonly maxBytes: number
  /** Held by the predictor's own decoder; told in the description. */
  readonly maxPixels: number
  /** For a request to arrive whole, and for its answer. */
  readonly timeoutSeconds: number
  /** Takes a line of the log. It names no picture, address or header. */
  log(this: void, line: Readonly<Record<string, unknown>>): void
  /** Milliseconds; for tests. */
  readonly now?: () => number
}

/** Pictures are called this, whatever they were called where they came from. */
const pictureName = 'picture'
/** After which those who are sent away may come again. */
const retrySeconds = 1

/**
 * A server that answers for pictures. It writes nothing, opens no path, and takes none from a request. It listens nowhere yet.
 *
 * A request holds one of a bounded number of slots from its first byte until its computation ends, though its sender was told 503 long before: so memory
 * is bounded by slots × body, whatever is sent. How long an answer takes is bounded by how many are pending, and by what is expected of the batch that is
 * computed and of the next one: a picture that came whole and would wait too long is sent away. Whoever was sent away and comes again as told comes before
 * those who were answered meanwhile, who are sent away in their turn.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { predictor, maps, token, concurrency, maxPending, gatherMs, batchMs, maxBytes, timeoutSeconds, log } = options
  const { now = () => performance.now() } = options
  const batcher = createBatcher(predictor.predict, { gatherMs, times: batchMs && createBatchTimes(batchMs), now })
  const turns = createTurns({ retryMs: 1000 * retrySeconds, now })
  /** Whether a picture of a connection would wait too long, with those who come before it. */
  const isFull = (connection: object): boolean => {
    const numAhead = turns.numAhead(connection)
    return batcher.numPending + numAhead >= maxPending || !batcher.isInTime(numAhead)
  }
  const sentAway = (connection: object): HttpProblem => {
    turns.sentAway(connection)
    return busy()
  }
  const slots = createSlots(concurrency)
  const releases = new WeakMap<FastifyRequest, () => void>()
  const problems = new WeakMap<FastifyRequest, HttpCode>()
  const metrics = metricsOf(() => slots.numTaken)
  let isExplaining = false
  let isStopping = false
  const app = fastify({
    bodyLimit: maxBytes,
    requestTimeout: timeoutSeconds * 1000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: 8192, headersTimeout: timeoutSeconds * 1000, connectionsCheckingInterval: 250 },
    // What is no HTTP has no request: the answer is written by hand.
    clientErrorHandler(error, socket) {
      const problem = clientProblem(error)
      metrics.requests.inc({ route: 'none', status: String(problem.statusCode) })
      log({ event: 'refused', status: problem.statusCode, code: problem.code })
      if (!socket.writable) return void socket.destroy()
      const body = JSON.stringify(problem.body())
      const status = `${String(problem.statusCode)} ${STATUS_CODES[problem.statusCode] ?? ''}`
      socket.end(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
      )
    },
  })
  await app.register(multipart, {
    limits: { fileSize: maxBytes, files: 1, parts: 4, fields: 3, fieldSize: 1000, fieldNameSize: 100, headerPairs: 16 },
  })
  app.removeContentTypeParser(['application/json', 'text/plain'])
  for (const type of ['application/octet-stream', /^image\//])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_, body, done) => {
      done(null, body)
    })
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (isStopping) throw new HttpProblem('ERR_STOPPING', 'The server is stopping')
    if (token === undefined && !isLoopback(request.hostname))
      // Else a page of any site could have its own name stand for this machine, and read answers.
      throw new HttpProblem('ERR_WRONG_HOST', 'Without a token, a request is for localhost')
    if (url !== '/healthz' && !isPage(url) && token !== undefined && !isBearer(request.headers.authorization, token)) {
      reply.header('www-authenticate', 'Bearer')
      throw new HttpProblem('ERR_UNAUTHORIZED', 'A bearer token is needed')
    }
    if (url === '/predict' || url === '/maps') {
      if (url === '/maps' && isExplaining) throw busy()
      if (url === '/predict' && isFull(request.raw.socket)) throw sentAway(request.raw.socket)
      const release = slots.take()
      if (!release) throw busy()
      releases.set(request, release)
      // A sender that goes away before its picture was there whole.
      request.raw.on('close', () => {
        if (!request.raw.complete) release()
      })
    }
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const [route, status] = [request.routeOptions.url ?? 'none', reply.statusCode]
    metrics.requests.inc({ route, status: String(status) })
    metrics.seconds.observe({ route }, reply.elapsedTime / 1000)
    const code = problems.get(request)
    log({
      ...{ event: 'request', id: request.id, method: request.method, route, status, ms: Math.round(reply.elapsedTime) },
      ...(code === undefined ? {} : { code }),
    })
    done()
  })
  app.setErrorHandler((thrown: unknown, request, reply) => {
    const problem = httpProblemOf(thrown)
    problems.set(request, problem.code)
    releases.get(request)?.()
    if (problem.code === 'ERR_BUSY') reply.header('retry-after', String(retrySeconds))
    if (problem.code === 'ERR_INTERNAL')
      log({ event: 'error', id: request.id, message: thrown instanceof Error ? thrown.message : String(thrown) })
    // What is still being sent is not read to its end.
    if (!request.raw.complete) reply.header('connection', 'close')
    return reply.code(problem.statusCode).send(problem.body())
  })
  app.setNotFoundHandler(() => {
    throw new HttpProblem(
      'ERR_NOT_FOUND',
      'There is GET /, POST /predict and /maps, GET /openapi.json, /about, /healthz and /metrics',
    )
  })
  app.addHook('preClose', (done) => {
    isStopping = true
    done()
  })

  app.post('/predict', async (request) => {
    const release = releases.get(request)!
    const bytes = await bytesOf(request)
    if (bytes.length === 0) throw new HttpProblem('ERR_BAD_DATA', 'The picture is empty')
    const { socket } = request.raw
    if (isFull(socket)) throw sentAway(socket)
    turns.letIn(socket)
    const begun = now()
    const work = batcher.ask(pictureOf(pictureName, bytes)).finally(release)
    const row = answered(await within(work, timeoutSeconds))
    turns.answered(socket, now() - begun)
    const { sha256, className, abstained, margin, predictionSet, scoreKind, scores, members } = row
    const { bundle } = options
    return { bundle, sha256, className, abstained, margin, predictionSet, scoreKind, scores, members }
  })
  app.post('/maps', async (request): Promise<MapsAnswer> => {
    const release = releases.get(request)!
    if (!maps) throw new HttpProblem('ERR_NOT_FOUND', 'No package of this server makes maps')
    const bytes = await bytesOf(request)
    if (bytes.length === 0) throw new HttpProblem('ERR_BAD_DATA', 'The picture is empty')
    if (isExplaining) throw busy()
    isExplaining = true
    const picture = pictureOf(pictureName, bytes)
    const explain = async () => {
      const row = await batcher.ask(picture)
      return maps.explain(picture, answered(row), batcher.whenOthersAreServed)
    }
    const work = explain().finally(() => {
      isExplaining = false
      release()
    })
    const { className, maps: made } = await within(work, timeoutSeconds)
    const shown = made.map(({ overlay, ...map }) => {
      return { ...map, panel: undefined, ...(overlay ? { overlay: Buffer.from(overlay).toString('base64') } : {}) }
    })
    return { bundle: options.bundle, sha256: picture.sha256, className, maps: shown }
  })
  const { classNames, memberNames } = predictor
  const description = openApi({ ...options, classNames, memberNames })
  app.get('/openapi.json', () => description)
  const { bundle, title, intendedUse, sets, maxPixels } = options
  const about = {
    title,
    bundle,
    intendedUse,
    classNames,
    memberNames,
    hasMaps: maps !== undefined,
    predictionSets: sets,
    maxBytes,
    maxPixels,
  }
  app.get('/about', () => about)
  for (const [path, { type, content }] of pageFiles(token !== undefined))
    app.get(path, (_, reply) =>
      reply
        .type(type)
        .header('content-security-policy', pagePolicy)
        .header('referrer-policy', 'no-referrer')
        .send(content),
    )
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/metrics', async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  return app
}

/** Maps as they are sent; pictures of them as base64 of PNG. */
interface MapsAnswer {
  readonly bundle: string
  readonly sha256: string
  readonly className: string
  readonly maps: readonly (Omit<PictureMap, 'overlay' | 'panel'> & { readonly overlay?: string })[]
}

function busy(): HttpProblem {
  return new HttpProblem('ERR_BUSY', 'As many pictures are being answered as can be in time; try again')
}

/** @throws HttpProblem where the picture could not be read. */
function answered(row: PredictionRow): PredictedRow {
  if (isPredicted(row)) return row
  const { code, message } = row.error
  throw new HttpProblem(code === 'ERR_TOO_LARGE' ? code : 'ERR_BAD_DATA', message)
}

/** The one picture of a request. Names that came with it are not looked at. */
async function bytesOf(request: FastifyRequest): Promise<Buffer> {
  if (Buffer.isBuffer(request.body)) return request.body
  if (!request.isMultipart()) throw new HttpProblem('ERR_BAD_DATA', 'The request has no picture')
  let bytes: Buffer | undefined
  try {
    // To the end of the form: a second file is more than is taken.
    for await (const file of request.files()) bytes = await file.toBuffer()
  } catch (thrown) {
    if ((thrown as { readonly statusCode?: number }).statusCode !== undefined) throw thrown
    throw new HttpProblem('ERR_BAD_REQUEST', 'The form is not what its headers say')
  }
  if (!bytes) throw new HttpProblem('ERR_BAD_DATA', 'The form has no file')
  return bytes
}

async function within<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new HttpProblem('ERR_TIMEOUT', `There is no answer after ${String(seconds)} seconds`))
    }, seconds * 1000)
  })
  // Its sender may be gone when it fails.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function clientProblem({ code }: NodeJS.ErrnoException): HttpProblem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HttpProblem('ERR_SLOW_REQUEST', 'The request did not arrive in time')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HttpProblem('ERR_HEADERS_TOO_LARGE', 'Headers are larger than is taken')
  return new HttpProblem('ERR_BAD_REQUEST', 'This is no HTTP that is understood here')
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(hostname)
}

function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => Buffer.from(hash('sha256', text, 'hex'))
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}

function metricsOf(numTaken: () => number) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({
    ...{ name: 'etsef_pictures_in_flight', help: 'Pictures that are being received or answered', registers },
    collect() {
      this.set(numTaken())
    },
  })
  return {
    registry,
    requests: new Counter({
      ...{ name: 'etsef_requests_total', help: 'Requests by route and status', registers },
      labelNames: ['route', 'status'],
    }),
    seconds: new Histogram({
      ...{ name: 'etsef_request_seconds', help: 'From the first header to the end of the answer', registers },
      labelNames: ['route'],
    }),
  }
}
