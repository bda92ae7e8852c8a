import type { Operation } from '@etsef/plugin-api'
import { mlKnn } from './ml-knn.js'
import { mlRandomForest } from './ml-random-forest.js'
import { mlXgboost } from './ml-xgboost.js'

/** Classifiers of npm packages, guarded against the defects measured in them. */
export const packages: readonly Operation[] = [mlRandomForest, mlKnn, mlXgboost]
