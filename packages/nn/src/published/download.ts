import { createWriteStream } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { fetch, Response } from 'undici'
import { badWeights } from '../errors.js'

/** What is to be downloaded. */
export interface Download {
  readonly url: string
  /** File that is written; what an earlier download left in it is gone on with. */
  readonly part: string
  /** Where the file goes in the end, for the advice to who must place it by hand. */
  readonly path: string
  readonly name: string
}

/** How to download. */
export interface DownloadOptions {
  readonly signal?: AbortSignal
  /** Bytes so far, and in all where the server says. */
  onProgress?(bytes: number, total: number | undefined): void
}

/**
 * Downloads a file, through the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
 *
 * A download that was cut goes on where it stopped, at once while it gets further, later when it is asked for again. It never joins pieces of
 * two files: the server is asked to send the rest only of the file that was begun (`If-Range`), and where it names no version of it, or
 * another one, all is downloaded anew.
 *
 * @throws PipelineError `ERR_WEIGHTS` when the server cannot be reached or refuses, or when a piece got no further than the one before.
 */
export async function download(what: Download, options: DownloadOptions): Promise<void> {
  const fetchFile = await openFetch()
  for (let furthest = -1; ;) {
    const cut = await downloadPiece(what, options, fetchFile)
    if (!cut) return
    const have = (await sizeOfFile(what.part)) ?? 0
    if (have > furthest && have > 0) {
      furthest = have
      continue
    }
    const { cause, total } = cut
    throw badWeights(`the download of ${what.name} was cut off`, {
      cause,
      expected: total === undefined ? 'the whole file' : `${total} bytes`,
      received: `${have} bytes, kept in ${what.part}`,
      hint:
        (await versionOfPart(what.part)) === undefined
          ? 'pull again: it begins anew, since the server does not tell one version of the file from another'
          : 'pull again: it goes on where it stopped',
    })
  }
}

/** Size of a file, or `undefined` when there is none. */
export async function sizeOfFile(path: string): Promise<number | undefined> {
  return stat(path).then(
    (stats) => stats.size,
    () => undefined,
  )
}

type FetchFile = (url: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<Response>

/** Loaded when something is downloaded. A busy server is asked again when it says; what cuts a body off is seen to here. */
async function openFetch(): Promise<FetchFile> {
  const { EnvHttpProxyAgent, RetryAgent, fetch: ask } = await import('undici')
  // Pieces of a body that RetryAgent joins are of one file only where the server names versions strongly: no error code makes it join any.
  const dispatcher = new RetryAgent(new EnvHttpProxyAgent(), { errorCodes: [], maxRetries: 2, throwOnError: false })
  return (url, headers, signal) =>
    ask(url, { headers, dispatcher, ...(signal === undefined ? {} : { signal }) } satisfies Parameters<typeof fetch>[1])
}

/** How a piece ended too early. */
interface Cut {
  readonly cause: unknown
  readonly total: number | undefined
}

/** Downloads from where the file ends. @returns How it was cut; `undefined` when the file is whole. */
async function downloadPiece(what: Download, options: DownloadOptions, ask: FetchFile): Promise<Cut | undefined> {
  const { part } = what
  const { signal } = options
  const begun = await versionOfPart(part)
  const have = begun === undefined ? 0 : ((await sizeOfFile(part)) ?? 0)
  const range: Record<string, string> =
    begun !== undefined && have > 0 ? { range: `bytes=${have}-`, 'if-range': begun } : {}
  // The bytes are those of the file: of a compressed stream no piece could be asked for.
  const response = await request(what, { 'accept-encoding': 'identity', ...range }, ask, signal)
  const version = versionOf(response)
  const resumes = response.status === 206 && version === begun && startOf(response) === have
  if (response.status !== 200 && !resumes) {
    await response.body?.cancel()
    // 416 answers a range that begins at the end of the same file.
    if (response.status === 416 && lengthOf(response) === have) return undefined
    await forget(part)
    return downloadPiece(what, options, ask)
  }
  if (!resumes) {
    await forget(part)
    if (version !== undefined) await writeFile(versionFile(part), version)
  }
  const length = response.headers.get('content-length')
  let bytes = resumes ? have : 0
  const total = length === null ? undefined : Number(length) + bytes
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  body.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    options.onProgress?.(bytes, total)
  })
  try {
    await pipeline(body, createWriteStream(part, { flags: resumes ? 'a' : 'w' }), {
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    signal?.throwIfAborted()
    return { cause, total }
  }
  await rm(versionFile(part), { force: true })
  return undefined
}

async function request(
  { url, name, path }: Download,
  headers: Readonly<Record<string, string>>,
  ask: FetchFile,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let response: Response
  try {
    response = await ask(url, headers, signal)
  } catch (cause) {
    signal?.throwIfAborted()
    throw badWeights(`cannot reach the publisher of ${name}`, {
      cause,
      expected: url,
      hint: `download that file on another machine and place it at ${path}; \`etsef weights verify ${path}\` then checks it`,
    })
  }
  if (response.status === 200 || (headers['range'] !== undefined && [206, 416].includes(response.status)))
    return response
  await response.body?.cancel()
  throw badWeights(`the publisher of ${name} answers ${response.status}`, {
    expected: url,
    hint: `place the file at ${path}`,
  })
}

/** File with the version of what is in the `.part` beside it. */
function versionFile(part: string): string {
  return `${part}.version`
}

async function versionOfPart(part: string): Promise<string | undefined> {
  return readFile(versionFile(part), 'utf8').catch(() => undefined)
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true })
  await rm(versionFile(part), { force: true })
}

/** What tells the file a response is of from every other: a strong ETag, or else the time of its last change. */
function versionOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag')
  if (etag !== null && !etag.startsWith('W/')) return etag
  return headers.get('last-modified') ?? undefined
}

function startOf({ headers }: Response): number | undefined {
  const [, start] = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '') ?? []
  return start === undefined ? undefined : Number(start)
}

function lengthOf({ headers }: Response): number | undefined {
  const [, length] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? []
  return length === undefined ? undefined : Number(length)
}
