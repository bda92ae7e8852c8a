import { isMap } from './is-map.js'
import type { StoredCases } from './told.js'

/** Whether everything that pages read of cases is there, and every picture is named by a path below the report's folder. */
export function areCases(value: unknown): value is StoredCases {
  return (
    isMap(value) &&
    value['formatVersion'] === 1 &&
    typeof value['unit'] === 'string' &&
    ['numRows', 'numCases'].every((key) => typeof value[key] === 'number') &&
    Array.isArray(value['cases']) &&
    value['cases'].every(isCase)
  )
}

function isCase(value: unknown): boolean {
  return (
    isMap(value) &&
    ['id', 'explainedClass'].every((key) => typeof value[key] === 'string') &&
    ['trueClass', 'answer'].every((key) => value[key] === null || typeof value[key] === 'string') &&
    (value['isRight'] === null || typeof value['isRight'] === 'boolean') &&
    isPicture(value['picture']) &&
    Array.isArray(value['maps']) &&
    value['maps'].every(isCaseMap) &&
    areMembers(value['classifiers']) &&
    (value['baseModels'] === null || areMembers(value['baseModels']))
  )
}

function isCaseMap(value: unknown): boolean {
  return (
    isMap(value) &&
    ['name', 'method', 'unit', 'explainedClass'].every((key) => typeof value[key] === 'string') &&
    typeof value['isEmpty'] === 'boolean' &&
    isPicture(value['file'])
  )
}

function areMembers(value: unknown): boolean {
  return (
    isMap(value) &&
    Array.isArray(value['members']) &&
    value['members'].every(
      (member) =>
        isMap(member) &&
        typeof member['name'] === 'string' &&
        typeof member['share'] === 'number' &&
        (member['says'] === null || typeof member['says'] === 'string'),
    )
  )
}

function isPicture(file: unknown): boolean {
  return typeof file === 'string' && /^[\w-]+(\/[\w-]+)*\.jpg$/.test(file)
}
