/** Version of libtensorflow inside the pinned wheel; measured together with what follows and with TensorFlow.js, changed together. */
export const TENSORFLOW_VERSION = '2.21.0'

/** Version of libtensorflow that the package's own install script downloads. */
export const STOCK_TENSORFLOW_VERSION = '2.9.1'

/** N-API level of the compiled binding: loads unchanged in Node 20 to 26. */
export const NAPI_VERSION = 8

/** The wheel that carries libtensorflow: Linux x86-64, glibc 2.27 or newer. */
export const WHEEL = {
  requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`,
  pythonVersion: '3.11',
  fileName: `tensorflow_cpu-${TENSORFLOW_VERSION}-cp311-cp311-manylinux_2_27_x86_64.whl`,
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
} as const

/** Shared libraries taken from the wheel, with the digest each must have. */
export const WHEEL_LIBRARIES: readonly { readonly entry: string; readonly sha256: string }[] = [
  {
    entry: 'tensorflow/libtensorflow_cc.so.2',
    sha256: '6505a4b9657e62100c6bdacb683957a395cb047725042945aaa50e40a71e429e',
  },
  {
    entry: 'tensorflow/libtensorflow_framework.so.2',
    sha256: 'f060b323b26ef80add21b9df9428de3aeaf2843d772c5bb098745f7abff3709b',
  },
]

/** Headers the binding includes, directly or not; 13 of the wheel's thousands. */
export const WHEEL_HEADERS: readonly string[] = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
]
