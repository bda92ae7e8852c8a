// E8: growth of a stage's peak memory from 1,000 to 100,000 generated images, and images alive at a time within the stated bound.
import { createProject, report } from './runner-project.mjs'

const concurrency = 4
const project = createProject()
const pipeline = (numSamples) => `nodes:
  images: { use: toy/generated, with: { numSamples: ${numSamples}, size: 64 } }
  brighter: { use: toy/brighten, in: { images: images } }
  means: { use: toy/mean, in: { images: brighter }, with: { concurrency: ${concurrency} } }
`
const measure = (numSamples) => {
  project.write(`n${numSamples}.yaml`, pipeline(numSamples))
  const { status, stdout } = project.etsef('run', `n${numSamples}.yaml`, '--json', '--jobs', '1')
  if (status !== 0) throw new Error(stdout)
  const record = JSON.parse(project.etsef('runs', JSON.parse(stdout).run, '--json').stdout)
  const { maxRssMb, peakLiveImages } = record.stages.means
  return { maxRssMb, peakLiveImages }
}
const small = measure(1000)
const large = measure(100000)
project.remove()
const growth = large.maxRssMb / small.maxRssMb
report({
  name: 'runner-memory',
  ours: growth,
  bound: 1.1,
  unit: 'peak memory at 100,000 images over 1,000',
  small,
  large,
  statedLiveImages: concurrency,
  ok: growth <= 1.1 && large.peakLiveImages <= concurrency,
})
