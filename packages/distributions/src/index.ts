export { fairBinomial, fairBinomialAtLeast } from './binomial.js'
export { betaQuantile, chiSquaredSurvival, fSurvival, studentQuantile, studentTwoSided } from './continuous.js'
export { normalQuantile, normalTwoSided } from './normal.js'
export { digamma } from '../vendor/stdlib.js'
