import type { Operation, Port } from '@etsef/plugin-api'
import { contentKeyword, isListed, isOmissible } from '@etsef/plugin-api'
import type { Schema } from '@etsef/plugin-api/semantics'

const reference = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$' }
const named = { type: 'object', additionalProperties: reference, minProperties: 1 }
const variable = { type: 'string', pattern: '\\$\\{((vars|with)\\.[^}]+|each(\\.[^}]+)?)\\}' }
const names = { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]*$' } }

/** JSON Schema of pipeline files for the operations given: editors complete and check with it. */
export function editorSchema(operations: readonly Operation[]): Schema {
  const sorted = [...operations].sort((a, b) => (a.type < b.type ? -1 : 1))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'ETSEF pipeline',
    type: 'object',
    additionalProperties: false,
    properties: {
      name: { type: 'string', description: 'Name of the pipeline' },
      description: { type: 'string' },
      seed: { type: ['integer', 'string'], description: 'Every stage derives its seed from this one' },
      primaryMetric: { type: 'string', description: 'Declared before anything is run, e.g. balancedAccuracy' },
      engine: { type: 'string', description: 'Tensor engine: auto, tensorflow, wasm' },
      vars: { type: 'object', description: 'Values for ${vars.name}' },
      extends: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Pipelines this one is laid over',
      },
      profiles: { type: 'object', description: 'Variants chosen with --profile' },
      outputs: {
        anyOf: [reference, { type: 'array', items: reference }],
        description: 'Nodes wanted; default: all that nothing reads, and all reports',
      },
      parts: {
        type: 'object',
        additionalProperties: { $ref: '#/definitions/part' },
        description: 'Sub-graphs used by name',
      },
      nodes: { type: 'object', additionalProperties: { $ref: '#/definitions/node' } },
    },
    definitions: {
      part: {
        type: 'object',
        additionalProperties: false,
        required: ['nodes'],
        properties: {
          description: { type: 'string' },
          inputs: { anyOf: [names, { type: 'object' }], description: 'What a use wires; its nodes read in.name' },
          parameters: {
            anyOf: [names, { type: 'object' }],
            description: 'Defaults by name, $required where there is none; its nodes read ${with.name}',
          },
          nodes: { type: 'object', additionalProperties: { $ref: '#/definitions/node' } },
          outputs: {
            type: 'object',
            additionalProperties: reference,
            description: 'Outputs of its nodes by name; the first is that of the use',
          },
        },
      },
      node: {
        type: 'object',
        properties: {
          use: { anyOf: [{ enum: sorted.map((operation) => operation.type) }, variable] },
          in: { type: 'object' },
          with: { type: 'object' },
          part: { type: 'string', description: 'A part that is used in place of an operation' },
          set: { type: 'object', description: 'Values inside the part or list: node.option' },
          each: {
            anyOf: [{ type: 'array', minItems: 1 }, { type: 'object', minProperties: 1 }, variable],
            description: 'A node of each item; ${each} is the item',
          },
          seed: { type: ['integer', 'string'], description: 'In place of the seed of the run' },
          description: { type: 'string' },
        },
        anyOf: [{ required: ['use'] }, { required: ['part'] }, { required: ['$merge'] }],
        allOf: sorted.map((operation) => ({
          if: { properties: { use: { const: operation.type } }, required: ['use'] },
          then: nodeSchema(operation),
        })),
      },
    },
  }
}

function nodeSchema(operation: Operation): Schema {
  const inputs = Object.entries(operation.inputs)
  const required = inputs.filter(([, port]) => !isOmissible(port.cardinality)).map(([name]) => name)
  return {
    description: operation.summary,
    properties: {
      in: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(inputs.map(([name, port]) => [name, inputSchema(port)])),
        ...(required.length > 0 ? { required } : {}),
      },
      with: optionSchema(operation.options as Schema),
    },
    ...(required.length > 0 ? { required: ['in'] } : {}),
  }
}

function inputSchema(port: Port): Schema {
  const description = `${port.kind}: ${port.description}`
  return isListed(port.cardinality)
    ? { description, anyOf: [reference, named, { type: 'array', items: { anyOf: [reference, named] }, minItems: 1 }] }
    : { description, ...reference }
}

/** Options as an editor checks them: any value may be a variable, and what has a default may be left out. */
function optionSchema(schema: Schema): Schema {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const required = ((schema['required'] ?? []) as readonly string[]).filter(
    (name) => !('default' in (properties[name] ?? {})),
  )
  const entries = Object.entries(properties).map(([name, property]): [string, Schema] => {
    const { description, default: fallback } = property
    const apart = new Set(['description', 'default', contentKeyword])
    const rest = Object.fromEntries(Object.entries(property).filter(([key]) => !apart.has(key)))
    return [
      name,
      {
        ...(description === undefined ? {} : { description }),
        ...(fallback === undefined ? {} : { default: fallback }),
        anyOf: [rest, variable],
      },
    ]
  })
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries),
    ...(required.length > 0 ? { required } : {}),
  }
}
