// Convolutions of two parts, each one of TensorFlow's own operations on one thread; two threads take them side by side.
//
// Forward, each part is half of the pictures; backward, one is the gradient of the input and the other that of the filter. One thread
// computes the same two parts in turn and never the whole batch at once: oneDNN chooses its kernel by the number of pictures, and its
// kernels differ in the order of their sums. Joining the halves is a copy, so what is soon computed is one part for any number of threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "crew.h"
#include "depthwise_filter.h"
#include "inner_operation.h"
#include "tensorflow.h"

namespace {

struct ConvolutionAttributes {
  int32_t depthwise = 0, stride = 1, same = 0;
};

void* createConvolution(TF_OpKernelConstruction* construction) {
  auto* attributes = new ConvolutionAttributes;
  const Reader read{construction};
  read.integer("depthwise", &attributes->depthwise);
  read.integer("stride", &attributes->stride);
  read.integer("same", &attributes->same);
  return attributes;
}

void setAttributes(InnerOperation& operation, const ConvolutionAttributes& attributes) {
  operation.attribute("strides", {1, attributes.stride, attributes.stride, 1});
  operation.attribute("padding", attributes.same != 0 ? "SAME" : "VALID");
}

int64_t outputLength(int64_t length, int64_t filter, const ConvolutionAttributes& attributes) {
  const int64_t covered = attributes.same != 0 ? length : length - filter + 1;
  return (covered + attributes.stride - 1) / attributes.stride;
}

std::vector<int64_t> outputShape(const TF_Tensor* x, const TF_Tensor* filter, const ConvolutionAttributes& attributes) {
  return {TF_Dim(x, 0), outputLength(TF_Dim(x, 1), TF_Dim(filter, 0), attributes),
          outputLength(TF_Dim(x, 2), TF_Dim(filter, 1), attributes),
          attributes.depthwise != 0 ? TF_Dim(x, 3) * TF_Dim(filter, 3) : TF_Dim(filter, 3)};
}

// Refuses shapes of which TensorFlow would say less, or end the process.
bool requireFit(Call& call, const TF_Tensor* x, const TF_Tensor* filter, const ConvolutionAttributes& attributes) {
  if (!call.require(x && filter && TF_NumDims(x) == 4 && TF_NumDims(filter) == 4, "inputs must have rank 4")) return false;
  if (!call.require(TF_Dim(x, 3) == TF_Dim(filter, 2), "picture and filter differ in channels")) return false;
  const std::vector<int64_t> shape = outputShape(x, filter, attributes);
  return call.require(shape[1] > 0 && shape[2] > 0, "the filter is larger than the picture");
}

// Products below which the pictures are not halved: a millisecond or two of work.
constexpr int64_t kProductsWorthHalving = 32'000'000;

// x, filter -> y
void computeConvolution(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<ConvolutionAttributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *filter = call.input(1);
  if (!requireFit(call, x, filter, attributes)) return;
  const std::vector<int64_t> shape = outputShape(x, filter, attributes);
  const int64_t images = shape[0], size = shape[1] * shape[2] * shape[3];
  const int64_t products = TF_Dim(filter, 0) * TF_Dim(filter, 1) * (attributes.depthwise != 0 ? 1 : TF_Dim(filter, 2));
  if (images < 2 || images * size * products < kProductsWorthHalving) {
    InnerOperation operation(attributes.depthwise != 0 ? "DepthwiseConv2dNative" : "Conv2D");
    setAttributes(operation, attributes);
    operation.input(x);
    operation.input(filter);
    TF_Tensor* result = operation.run();
    if (call.require(result != nullptr, operation.error().c_str())) call.setOutput(0, result);
    return;
  }
  float* y = call.output(0, shape);
  if (!call.require(y, "no memory for an output")) return;
  std::string errors[2];
  Crew::get().run(2, [&](int part) {
    const int64_t first = images * part / 2, end = images * (part + 1) / 2;
    TF_Tensor* pictures = picturesOf(x, first, end);
    {
      InnerOperation operation(attributes.depthwise != 0 ? "DepthwiseConv2dNative" : "Conv2D");
      setAttributes(operation, attributes);
      operation.input(pictures);
      operation.input(filter);
      const TF_Tensor* result = operation.run();
      errors[part] = operation.error();
      if (result != nullptr && sizeOf(result) != (end - first) * size) errors[part] = "shapes do not fit";
      if (errors[part].empty()) std::memcpy(y + first * size, floats(result), sizeof(float) * (end - first) * size);
    }
    TF_DeleteTensor(pictures);
  });
  for (const std::string& error : errors) call.require(error.empty(), error.c_str());
}

// The rows or columns of zeros before the first value.
int64_t paddingBefore(int64_t length, int64_t filter, const ConvolutionAttributes& attributes) {
  if (attributes.same == 0) return 0;
  return std::max<int64_t>(0, (outputLength(length, filter, attributes) - 1) * attributes.stride + filter - length) / 2;
}

// x, filter, dy -> dx, dfilter
void computeConvolutionGrads(void* state, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<ConvolutionAttributes*>(state);
  Call call(context);
  const TF_Tensor *x = call.input(0), *filter = call.input(1), *dy = call.input(2);
  if (!requireFit(call, x, filter, attributes)) return;
  if (!call.require(dy && shapeOf(dy) == outputShape(x, filter, attributes), "shapes do not fit")) return;
  const int64_t height = TF_Dim(filter, 0), width = TF_Dim(filter, 1);
  const bool isOwn = attributes.depthwise != 0 && hasFilterGradient(height, width, TF_Dim(filter, 3));
  float* own = isOwn ? call.output(1, shapeOf(filter)) : nullptr;
  if (!call.require(!isOwn || own, "no memory for an output")) return;
  InnerOperation ofInput(attributes.depthwise != 0 ? "DepthwiseConv2dNativeBackpropInput" : "Conv2DBackpropInput");
  InnerOperation ofFilter(attributes.depthwise != 0 ? "DepthwiseConv2dNativeBackpropFilter" : "Conv2DBackpropFilter");
  TF_Tensor *dx = nullptr, *dfilter = nullptr;
  Crew::get().run(2, [&](int part) {
    if (part == 0) {
      setAttributes(ofInput, attributes);
      ofInput.inputShape(shapeOf(x));
      ofInput.input(filter);
      ofInput.input(dy);
      dx = ofInput.run();
    } else if (isOwn) {
      const Plane plane{TF_Dim(x, 0),      TF_Dim(x, 1),  TF_Dim(x, 2),
                        TF_Dim(x, 3),      TF_Dim(dy, 1), TF_Dim(dy, 2),
                        attributes.stride, paddingBefore(TF_Dim(x, 1), height, attributes),
                        paddingBefore(TF_Dim(x, 2), width, attributes)};
      writeFilterGradient(floats(x), floats(dy), height, plane, own);
    } else {
      setAttributes(ofFilter, attributes);
      ofFilter.input(x);
      ofFilter.inputShape(shapeOf(filter));
      ofFilter.input(dy);
      dfilter = ofFilter.run();
    }
  });
  if (!call.require(dx != nullptr, ofInput.error().c_str())) return;
  call.setOutput(0, dx);
  if (isOwn || !call.require(dfilter != nullptr, ofFilter.error().c_str())) return;
  call.setOutput(1, dfilter);
}

}  // namespace
