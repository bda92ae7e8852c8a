type Fields = Readonly<Record<string, unknown>>

/** Whether a value has everything that is read of the record of a run: one may have been damaged, or edited. */
export function isRunRecord(value: unknown): boolean {
  return (
    isMap(value) &&
    value['format'] === 1 &&
    ['run', 'status', 'startedAt', 'pipeline', 'file'].every((name) => typeof value[name] === 'string') &&
    /^[0-9-]+$/.test(String(value['run'])) &&
    ['seconds', 'testLabelReads'].every((name) => typeof value[name] === 'number') &&
    ['command', 'resolved', 'versions', 'contents', 'stages'].every((name) => isMap(value[name])) &&
    isMap((value['versions'] as Fields)['plugins']) &&
    Object.values(value['contents'] as Fields).every(
      (content) => isMap(content) && typeof content['digest'] === 'string',
    ) &&
    Object.values(value['stages'] as Fields).every(isStage)
  )
}

function isStage(value: unknown): boolean {
  return (
    isMap(value) &&
    ['node', 'key', 'outcome', 'plugin'].every((name) => typeof value[name] === 'string') &&
    ['seconds', 'attempts'].every((name) => typeof value[name] === 'number') &&
    isIngredients(value['ingredients'])
  )
}

function isIngredients(value: unknown): boolean {
  return (
    isMap(value) &&
    ['operation', 'implementation'].every((name) => typeof value[name] === 'string') &&
    ['string', 'undefined'].includes(typeof value['seed']) &&
    isMap(value['options']) &&
    isMap(value['inputs']) &&
    Object.values(value['inputs']).every((entries) => Array.isArray(entries) && entries.every(Array.isArray))
  )
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
