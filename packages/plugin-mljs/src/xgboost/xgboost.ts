import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { boostingOptions } from '../xgboost/xgboost.js'

/** `ensemble/ml-xgboost`. */
export const mlXgboost: Operation = defineOperation({
  ...classifierPorts('ml-xgboost'),
  type: 'ensemble/ml-xgboost',
  cacheVersion: 1,
  draws: false,
  summary: 'XGBoost 0.7 of the npm package ml-xgboost, past its wrapper',
  options: Type.Object(boostingOptions, { additionalProperties: false }),
  load: () => import('./ml-xgboost-node.js'),
})
