/** Versions of the npm packages that compute; pinned, since another version gives other bits. */
export const TFJS_VERSION = '4.22.0'

/** Version of ONNX Runtime. */
export const ONNXRUNTIME_VERSION = '1.30.0'
