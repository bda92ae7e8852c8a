import type { ModelType, Spec } from '../port.js'

/** What is known of a model. */
export type KnownModel = Pick<Spec, 'modelKind' | 'algorithm' | 'architecture'>

/** Whether a model may be one of those that a port declares; what is not known of it may be anything. */
export function fitsModelType({ modelKind, algorithm }: KnownModel, type: ModelType | undefined): boolean {
  if (type === undefined) return true
  const algorithms = listOf(type.algorithm)
  return (
    (modelKind === undefined || listOf(type.modelKind).includes(modelKind)) &&
    (algorithm === undefined || algorithms.length === 0 || algorithms.includes(algorithm))
  )
}

/** What is true of every model that a port declares. */
export function knownOfModels(type: ModelType | undefined): KnownModel {
  const [modelKind, ...otherKinds] = listOf(type?.modelKind)
  const [algorithm, ...otherAlgorithms] = listOf(type?.algorithm)
  return {
    ...(modelKind !== undefined && otherKinds.length === 0 ? { modelKind } : {}),
    ...(algorithm !== undefined && otherAlgorithms.length === 0 ? { algorithm } : {}),
  }
}

/** The models of a port in words: `classifier (xgboost or random-forest)`. */
export function showModelType({ modelKind, algorithm }: ModelType): string {
  return withDetail(listOf(modelKind).join(' or '), listOf(algorithm).join(' or '))
}

/** What is known of a model in words: `network (mobilenetV2)`, `classifier (linear-svm)`. */
export function showModel({ modelKind, algorithm, architecture }: KnownModel): string {
  return withDetail(modelKind ?? 'model', algorithm ?? architecture ?? '')
}

function withDetail(kind: string, detail: string): string {
  return detail === '' ? kind : `${kind} (${detail})`
}

function listOf<T extends string>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
