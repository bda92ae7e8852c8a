import { expect, test } from 'vitest'
import { fitsModelType, knownOfModels, showModel, showModelType } from './model-type.js'

const trees = { modelKind: 'classifier', algorithm: ['xgboost', 'random-forest'] } as const

test('a model fits where its kind and its algorithm are taken', () => {
  expect(fitsModelType({ modelKind: 'classifier', algorithm: 'xgboost' }, trees)).toBe(true)
  expect(fitsModelType({ modelKind: 'classifier', algorithm: 'linear-svm' }, trees)).toBe(false)
  expect(fitsModelType({ modelKind: 'projection', algorithm: 'xgboost' }, trees)).toBe(false)
  expect(fitsModelType({ modelKind: 'selector' }, { modelKind: ['selector', 'projection'] })).toBe(true)
})

test('what is not known may be anything, and a port that declares nothing takes it', () => {
  expect(fitsModelType({}, trees)).toBe(true)
  expect(fitsModelType({ modelKind: 'classifier' }, trees)).toBe(true)
  expect(fitsModelType({ modelKind: 'network' }, undefined)).toBe(true)
})

test('a port of one kind says what its models are, one of several does not', () => {
  expect(knownOfModels({ modelKind: 'classifier', algorithm: 'knn' })).toEqual({
    modelKind: 'classifier',
    algorithm: 'knn',
  })
  expect(knownOfModels(trees)).toEqual({ modelKind: 'classifier' })
  expect(knownOfModels({ modelKind: ['selector', 'projection'] })).toEqual({})
  expect(knownOfModels(undefined)).toEqual({})
})

test('both are said in words', () => {
  expect(showModelType(trees)).toBe('classifier (xgboost or random-forest)')
  expect(showModel({ modelKind: 'network', architecture: 'mobilenetV2' })).toBe('network (mobilenetV2)')
  expect(showModel({ modelKind: 'calibrator' })).toBe('calibrator')
})
