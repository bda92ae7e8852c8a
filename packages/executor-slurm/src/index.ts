export * from './pilot-script.js'
export * from './slurm.js'
