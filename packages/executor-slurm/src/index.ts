export { slurm as default } from './slurm.js'
export { slurmOptions, type SlurmOptions } from './options.js'
