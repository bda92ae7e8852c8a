import { Type } from '@etsef/plugin-api'

/** The loss that a choice on val rows minimises. */
export const lossOption = (chosen: 'logLoss' | 'balancedError') =>
  Type.Union([Type.Literal('logLoss'), Type.Literal('balancedError'), Type.Literal('error')], {
    default: chosen,
    description:
      'What is minimised on val: logLoss judges probabilities; balancedError (1 − mean recall) and error judge decisions',
  })
