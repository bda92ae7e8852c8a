import { isPipelineError } from '@etsef/plugin-api'

/** Codes of answers that are none, and what HTTP calls them. */
export const httpStatus = {
  ERR_BAD_REQUEST: 400,
  ERR_UNAUTHORIZED: 401,
  ERR_NOT_FOUND: 404,
  ERR_SLOW_REQUEST: 408,
  ERR_TOO_LARGE: 413,
  ERR_MEDIA_TYPE: 415,
  ERR_WRONG_HOST: 421,
  ERR_BAD_DATA: 422,
  ERR_BUSY: 429,
  ERR_HEADERS_TOO_LARGE: 431,
  ERR_INTERNAL: 500,
  ERR_STOPPING: 503,
  ERR_TIMEOUT: 503,
} as const

/** One of {@link httpStatus}. */
export type HttpCode = keyof typeof httpStatus

/** Why a request gets no answer; its message is for whoever sent it, and names nothing of this machine. */
export class HttpProblem extends Error {
  readonly code: HttpCode

  constructor(code: HttpCode, message: string) {
    super(message)
    this.code = code
  }

  get statusCode(): number {
    return httpStatus[this.code]
  }

  /** As it is sent. */
  body(): { readonly error: { readonly code: HttpCode; readonly message: string } } {
    return { error: { code: this.code, message: this.message } }
  }
}

/** What is told of an error that the framework, a parser or our own code threw. */
export function httpProblemOf(thrown: unknown): HttpProblem {
  if (thrown instanceof HttpProblem) return thrown
  if (
    thrown instanceof Error &&
    isPipelineError(thrown) &&
    (thrown.code === 'ERR_BAD_DATA' || thrown.code === 'ERR_TOO_LARGE')
  )
    return new HttpProblem(thrown.code, thrown.message)
  // Fastify and its parsers say what they refuse by the status.
  const { statusCode } = thrown as { readonly statusCode?: number }
  const code = (Object.keys(httpStatus) as HttpCode[]).find((each) => httpStatus[each] === statusCode)
  if (code !== undefined && httpStatus[code] < 500)
    return new HttpProblem(code, refusals[code] ?? 'The request is refused')
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? new HttpProblem('ERR_BAD_REQUEST', refusals.ERR_BAD_REQUEST!)
    : new HttpProblem('ERR_INTERNAL', 'The picture could not be answered; the log of the server says why')
}

const refusals: Partial<Record<HttpCode, string>> = {
  ERR_BAD_REQUEST: 'The request is no HTTP that is understood here, or its body is not what its headers say',
  ERR_TOO_LARGE: 'The body is larger than is taken',
  ERR_MEDIA_TYPE:
    'A picture is sent as image/*, as application/octet-stream, or as the one file of multipart/form-data',
}
