// An operation of TensorFlow's own, run from within a kernel, on the thread that asks for it.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tensorflow.h"

namespace {

// One result of one operation: `Conv2D` and its kin. Errors are kept until `error` is asked for; inputs stay the caller's.
class InnerOperation {
 public:
  explicit InnerOperation(const char* name) : status_(TF_NewStatus()) {
    if (context() == nullptr) TF_SetStatus(status_, kInvalidArgument, "TensorFlow gives no second context");
    else operation_ = TFE_NewOp(context(), name, status_);
  }
  InnerOperation(const InnerOperation&) = delete;
  InnerOperation& operator=(const InnerOperation&) = delete;
  ~InnerOperation() {
    for (TFE_TensorHandle* handle : handles_) TFE_DeleteTensorHandle(handle);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (operation_ != nullptr) TFE_DeleteOp(operation_);
    TF_DeleteStatus(status_);
  }

  void attribute(const char* name, const std::vector<int64_t>& values) {
    if (isFine()) TFE_OpSetAttrIntList(operation_, name, values.data(), static_cast<int>(values.size()));
  }
  void attribute(const char* name, const char* value) {
    if (isFine()) TFE_OpSetAttrString(operation_, name, value, std::strlen(value));
  }
  void input(const TF_Tensor* tensor) {
    if (!isFine()) return;
    TFE_TensorHandle* handle = TFE_NewTensorHandle(tensor, status_);
    if (handle != nullptr) handles_.push_back(handle);
    if (isFine()) TFE_OpAddInput(operation_, handle, status_);
  }
  // A shape as an int32 vector.
  void inputShape(const std::vector<int64_t>& shape) {
    const int64_t length = static_cast<int64_t>(shape.size());
    TF_Tensor* tensor = TF_AllocateTensor(kInt32, &length, 1, shape.size() * sizeof(int32_t));
    auto* values = static_cast<int32_t*>(TF_TensorData(tensor));
    for (size_t i = 0; i < shape.size(); i++) values[i] = static_cast<int32_t>(shape[i]);
    tensors_.push_back(tensor);
    input(tensor);
  }
  // The result, which lives as long as this object; null after an error.
  TF_Tensor* run() {
    TFE_TensorHandle* handle = nullptr;
    int count = 1;
    if (isFine()) TFE_Execute(operation_, &handle, &count, status_);
    if (handle != nullptr) handles_.push_back(handle);
    TF_Tensor* result = isFine() ? TFE_TensorHandleResolve(handle, status_) : nullptr;
    if (result != nullptr) tensors_.push_back(result);
    return isFine() ? result : nullptr;
  }
  // Empty where all went well.
  std::string error() const { return isFine() ? "" : TF_Message(status_); }

 private:
  bool isFine() const { return TF_GetCode(status_) == 0; }

  // Shared by all; TensorFlow lets many threads execute in one context.
  static TFE_Context* context() {
    static TFE_Context* shared = [] {
      TF_Status* status = TF_NewStatus();
      TFE_ContextOptions* options = TFE_NewContextOptions();
      TFE_Context* made = TFE_NewContext(options, status);
      TFE_DeleteContextOptions(options);
      TF_DeleteStatus(status);
      return made;
    }();
    return shared;
  }

  TF_Status* status_;
  TFE_Op* operation_ = nullptr;
  std::vector<TFE_TensorHandle*> handles_;
  std::vector<TF_Tensor*> tensors_;
};

// Consecutive pictures of a batch, as a tensor that shares its memory; the caller deletes it, and keeps the batch until then.
inline TF_Tensor* picturesOf(const TF_Tensor* batch, int64_t first, int64_t end) {
  std::vector<int64_t> shape = shapeOf(batch);
  const int64_t size = sizeOf(batch) / shape[0];
  shape[0] = end - first;
  const auto keep = [](void*, size_t, void*) {};
  return TF_NewTensor(kFloat, shape.data(), static_cast<int>(shape.size()), const_cast<float*>(floats(batch)) + first * size,
                      static_cast<size_t>((end - first) * size) * sizeof(float), keep, nullptr);
}

}  // namespace
