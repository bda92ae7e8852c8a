import type { JsonObject } from '@etsef/plugin-api'
import { httpStatus, type HttpCode } from './http-problem.js'

/** What the description tells of a server. */
export interface ApiFacts {
  readonly title: string
  readonly version: string
  readonly classNames: readonly string[]
  readonly memberNames: readonly string[]
  readonly maxBytes: number
  readonly maxPixels: number
}

const answerSchema = (classNames: readonly string[]): JsonObject => ({
  className: { enum: [...classNames], description: 'left out where it abstained' },
  scores: {
    type: 'object',
    properties: Object.fromEntries(classNames.map((name) => [name, { type: 'number' }])),
    required: [...classNames],
  },
  scoreKind: { type: 'string', description: 'what the scores are, as probability or votes' },
})

/** The OpenAPI description of a server. */
export function openApi({ title, version, classNames, memberNames, maxBytes, maxPixels }: ApiFacts): JsonObject {
  const problem = { $ref: '#/components/schemas/Problem' }
  const byStatus = new Map<number, HttpCode[]>()
  for (const [code, status] of Object.entries(httpStatus) as [HttpCode, number][])
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  const refused = Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      { description: codes.join(', '), content: { 'application/json': { schema: problem } } },
    ]),
  )
  const bytes = { schema: { type: 'string', format: 'binary' } }
  return {
    openapi: '3.1.0',
    info: { title, version },
    security: [{ token: [] }, {}],
    paths: {
      '/predict': {
        post: {
          summary: 'The answer for one picture',
          description: `At most ${String(maxBytes)} bytes and ${String(maxPixels)} pixels, one frame. Names of files are not looked at.`,
          requestBody: {
            required: true,
            content: {
              'image/*': bytes,
              'application/octet-stream': bytes,
              'multipart/form-data': {
                schema: { type: 'object', properties: { picture: { type: 'string', format: 'binary' } } },
              },
            },
          },
          responses: {
            '200': {
              description: 'the answer',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } },
            },
            ...refused,
          },
        },
      },
      '/maps': {
        post: {
          summary: 'Where in a picture the evidence for its answer lies: of the whole answer, and of each network',
          description:
            'One picture at a time: it asks the pipeline many times. overlay is a PNG in base64; missing says why there is none.',
          requestBody: { required: true, content: { 'image/*': bytes, 'application/octet-stream': bytes } },
          responses: {
            '200': {
              description: 'the maps',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Maps' } } },
            },
            ...refused,
          },
        },
      },
      '/about': {
        get: {
          summary: 'What answers here, and what it is for',
          responses: { '200': { description: 'JSON' }, ...refused },
        },
      },
      '/healthz': {
        get: {
          summary: 'Whether it takes pictures',
          security: [],
          responses: { '200': { description: 'it does' }, ...refused },
        },
      },
      '/metrics': {
        get: { summary: 'Figures for Prometheus', responses: { '200': { description: 'text' }, ...refused } },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Answer: {
          type: 'object',
          required: ['bundle', 'sha256', 'abstained', 'margin', 'scores', 'scoreKind', 'members'],
          properties: {
            bundle: { type: 'string', description: 'sha256 of the bundle.json that answers' },
            sha256: { type: 'string', description: 'of the picture' },
            abstained: { type: 'boolean' },
            margin: { type: 'number' },
            predictionSet: {
              type: 'array',
              items: { enum: [...classNames] },
              description:
                'classes that cannot be ruled out, as predictionSets of /about says; left out where nothing was calibrated',
            },
            ...answerSchema(classNames),
            members: {
              type: 'object',
              properties: Object.fromEntries(
                memberNames.map((name) => [name, { type: 'object', properties: answerSchema(classNames) }]),
              ),
            },
          },
        },
        Maps: {
          type: 'object',
          required: ['bundle', 'sha256', 'className', 'maps'],
          properties: {
            bundle: { type: 'string' },
            sha256: { type: 'string', description: 'of the picture' },
            className: { enum: [...classNames], description: 'whose evidence is shown' },
            maps: {
              type: 'array',
              items: {
                type: 'object',
                required: ['method', 'meaning'],
                properties: {
                  network: { type: 'string', description: 'left out: of the whole answer' },
                  method: { type: 'string' },
                  meaning: { type: 'string' },
                  missing: { type: 'string' },
                  unit: { type: 'string' },
                  max: { type: 'number', description: 'what full colour means; 0: no evidence' },
                  overlay: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' },
                },
              },
            },
          },
        },
        Problem: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: { code: { enum: Object.keys(httpStatus) }, message: { type: 'string' } },
            },
          },
        },
      },
    },
  }
}
