import { exportOnnx, parametersOf, writeSafetensors, type Model } from '@etsef/nn'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a network for other programs: `model.onnx` (batch norm folded), `model.safetensors` (weights as trained) and `config.json` (layers,
 * preprocessing, what the outputs of `model.onnx` are).
 */
export async function writeNetwork({ graph, weights, classNames, preprocessing }: Model, dir: string): Promise<void> {
  const { featureNode, logitsNode } = graph
  const outputs = [featureNode, ...(logitsNode === undefined || classNames.length === 0 ? [] : [logitsNode])]
  await writeFile(join(dir, 'model.onnx'), exportOnnx(graph, weights, { outputs }))
  const own = parametersOf(graph).map(({ name }) => [name, weights.get(name)!] as const)
  await writeSafetensors(join(dir, 'model.safetensors'), new Map(own))
  const config = {
    architecture: graph.architecture,
    input: { name: 'input', dtype: 'float32', shape: ['batch', ...graph.inputShape], preprocessing },
    outputs: { output_0: 'features', ...(outputs.length > 1 ? { output_1: 'logits' } : {}) },
    classNames,
    graph,
  }
  await writeFile(join(dir, 'config.json'), `${JSON.stringify(config, null, 1)}\n`)
}
