export { OnnxModel, type OnnxAttribute, type OnnxNodeOptions, type OnnxType, type TensorInfo } from './onnx-model.js'
