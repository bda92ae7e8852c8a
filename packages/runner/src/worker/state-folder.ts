/** Folder of an estimator's state in its artifact; a `model` output is this folder. */
export const stateFolder = 'state'
