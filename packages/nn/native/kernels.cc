// Operations of a training step that TensorFlow composes from many, runs in a slow general kernel, or does not share among threads;
// float32, NHWC.
//
//   EtsefBatchNorm(Grad)        batch norm by the batch's moments with the activation after it, in one pass each way
//   EtsefNormalise              batch norm by given moments with the activation after it
//   EtsefDepthwiseFilterGrad    filter gradient of a depthwise convolution of multiplier 1
//   EtsefScaleChannels(Grad)    product of a map with one factor per picture and channel (squeeze and excitation)
//   EtsefConvolution(Grads)     TensorFlow's convolutions on two threads
//   EtsefAdam                   one step of Adam for many variables
//
// Registered with TensorFlow through its C interface. Sums run in float within blocks that fit the cache and in double across them, in
// an order that depends on shapes alone: the same bits for any number of threads.
#include <mutex>
#include <vector>

#include "adam.h"
#include "batch_norm.h"
#include "convolution.h"
#include "depthwise_filter.h"
#include "scale_channels.h"
#include "tensorflow.h"

namespace {

struct Definition {
  const char* name;
  std::vector<const char*> attributes, inputs, outputs;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

void* createNothing(TF_OpKernelConstruction*) { return nullptr; }

void destroyNothing(void*) {}

void registerOperations() {
  const std::vector<const char*> norm = {"activation: int", "epsilon: float", "factor: float"};
  const std::vector<const char*> convolution = {"depthwise: int", "stride: int", "same: int"};
  const Definition definitions[] = {
      {"EtsefBatchNorm",
       norm,
       {"x: float", "gamma: float", "beta: float", "moving_mean: float", "moving_variance: float"},
       {"y: float", "new_mean: float", "new_variance: float", "mean: float", "inverse: float"},
       createNorm,
       computeNorm,
       destroyAttributes<NormAttributes>},
      {"EtsefBatchNormGrad",
       norm,
       {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "inverse: float"},
       {"dx: float", "dgamma: float", "dbeta: float"},
       createNorm,
       computeNormGrad,
       destroyAttributes<NormAttributes>},
      {"EtsefNormalise",
       {"activation: int", "epsilon: float"},
       {"x: float", "gamma: float", "beta: float", "mean: float", "variance: float"},
       {"y: float"},
       createNormalise,
       computeNormalise,
       destroyAttributes<NormAttributes>},
      {"EtsefDepthwiseFilterGrad",
       {"stride: int", "top: int", "left: int", "size: int"},
       {"x: float", "dy: float"},
       {"dfilter: float"},
       createFilter,
       computeFilterGrad,
       destroyAttributes<FilterAttributes>},
      {"EtsefScaleChannels", {}, {"x: float", "factor: float"}, {"y: float"}, createNothing, computeScale, destroyNothing},
      {"EtsefScaleChannelsGrad",
       {},
       {"dy: float", "x: float", "factor: float"},
       {"dx: float", "dfactor: float"},
       createNothing,
       computeScaleGrad,
       destroyNothing},
      {"EtsefConvolution",
       convolution,
       {"x: float", "filter: float"},
       {"y: float"},
       createConvolution,
       computeConvolution,
       destroyAttributes<ConvolutionAttributes>},
      {"EtsefConvolutionGrads",
       convolution,
       {"x: float", "filter: float", "dy: float"},
       {"dx: float", "dfilter: float"},
       createConvolution,
       computeConvolutionGrads,
       destroyAttributes<ConvolutionAttributes>},
      {"EtsefAdam",
       {"count: int"},
       {"variables: count * float", "m: count * float", "v: count * float", "gradients: count * float", "settings: float"},
       {"new_variables: count * float"},
       createAdam,
       computeAdam,
       destroyAttributes<AdamAttributes>},
  };
  for (const Definition& definition : definitions) {
    TF_Status* status = TF_NewStatus();
    TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(definition.name);
    for (const char* text : definition.attributes) TF_OpDefinitionBuilderAddAttr(op, text);
    for (const char* text : definition.inputs) TF_OpDefinitionBuilderAddInput(op, text);
    for (const char* text : definition.outputs) TF_OpDefinitionBuilderAddOutput(op, text);
    TF_RegisterOpDefinition(op, status);
    if (TF_GetCode(status) == 0) {
      TF_KernelBuilder* kernel =
          TF_NewKernelBuilder(definition.name, "CPU", definition.create, definition.compute, definition.destroy);
      TF_RegisterKernelBuilder(definition.name, kernel, status);
    }
    TF_DeleteStatus(status);
  }
}

}  // namespace

// Node's entry point; once per process, however many threads load the file.
extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  static std::once_flag once;
  std::call_once(once, registerOperations);
  return exports;
}
