import { PipelineError } from '@etsef/plugin-api'

/** Index of a named class; `undefined` for `predicted`. @throws PipelineError `ERR_CLASS_LIST` for a name that no class has. */
export function targetIndex(targetClass: string, classNames: readonly string[]): number | undefined {
  if (targetClass === 'predicted') return undefined
  const index = classNames.indexOf(targetClass)
  if (index >= 0) return index
  throw new PipelineError('ERR_CLASS_LIST', {
    message: `There is no class "${targetClass}" to explain`,
    option: 'targetClass',
    expected: `predicted, or one of ${classNames.join(', ')}`,
  })
}
