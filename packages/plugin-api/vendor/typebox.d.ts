export { Type } from 'typebox'
export { Settings } from 'typebox/system'
export { Errors } from 'typebox/value'
