// The functions of TensorFlow's C interface that the kernels use, declared here so that no headers are needed, and what wraps them.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" {
struct TF_Status;
struct TF_Tensor;
struct TF_OpDefinitionBuilder;
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
struct TFE_ContextOptions;
struct TFE_Context;
struct TFE_Op;
struct TFE_TensorHandle;
TF_Status* TF_NewStatus();
void TF_DeleteStatus(TF_Status*);
int TF_GetCode(const TF_Status*);
const char* TF_Message(const TF_Status*);
void TF_SetStatus(TF_Status*, int code, const char* message);
TF_Tensor* TF_NewTensor(int dtype, const int64_t* dims, int rank, void* data, size_t bytes,
                        void (*release)(void* data, size_t bytes, void* argument), void* argument);
TF_Tensor* TF_AllocateTensor(int dtype, const int64_t* dims, int rank, size_t bytes);
void* TF_TensorData(const TF_Tensor*);
int TF_NumDims(const TF_Tensor*);
int64_t TF_Dim(const TF_Tensor*, int);
void TF_DeleteTensor(TF_Tensor*);
TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char*);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char*);
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction*, const char*, int32_t*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char*, float*, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int, int dtype, const int64_t* dims, int rank, size_t bytes, TF_Status*);
void TF_SetOutput(TF_OpKernelContext*, int, const TF_Tensor*, TF_Status*);
TFE_ContextOptions* TFE_NewContextOptions();
void TFE_DeleteContextOptions(TFE_ContextOptions*);
TFE_Context* TFE_NewContext(const TFE_ContextOptions*, TF_Status*);
TFE_Op* TFE_NewOp(TFE_Context*, const char* name, TF_Status*);
void TFE_DeleteOp(TFE_Op*);
void TFE_OpSetAttrString(TFE_Op*, const char* name, const void* value, size_t length);
void TFE_OpSetAttrIntList(TFE_Op*, const char* name, const int64_t* values, int count);
void TFE_OpAddInput(TFE_Op*, TFE_TensorHandle*, TF_Status*);
void TFE_Execute(TFE_Op*, TFE_TensorHandle** outputs, int* count, TF_Status*);
TFE_TensorHandle* TFE_NewTensorHandle(const TF_Tensor*, TF_Status*);
TF_Tensor* TFE_TensorHandleResolve(TFE_TensorHandle*, TF_Status*);
void TFE_DeleteTensorHandle(TFE_TensorHandle*);
}

namespace {

constexpr int kFloat = 1;            // TF_FLOAT
constexpr int kInt32 = 3;            // TF_INT32
constexpr int kInvalidArgument = 3;  // TF_INVALID_ARGUMENT

// The inputs and outputs of one call; frees what it fetched.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != 0) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  TF_Tensor* input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    if (tensor != nullptr) tensors_.push_back(tensor);
    return tensor;
  }
  float* output(int index, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t dim : shape) size *= dim;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, kFloat, shape.data(), static_cast<int>(shape.size()),
                                          static_cast<size_t>(size) * sizeof(float), status_);
    if (tensor == nullptr) return nullptr;
    tensors_.push_back(tensor);
    return static_cast<float*>(TF_TensorData(tensor));
  }
  void setOutput(int index, const TF_Tensor* tensor) { TF_SetOutput(context_, index, tensor, status_); }
  bool require(bool condition, const char* message) {
    if (!condition && TF_GetCode(status_) == 0) TF_SetStatus(status_, kInvalidArgument, message);
    return TF_GetCode(status_) == 0;
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* floats(const TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

int64_t sizeOf(const TF_Tensor* tensor) {
  int64_t size = 1;
  for (int i = 0; i < TF_NumDims(tensor); i++) size *= TF_Dim(tensor, i);
  return size;
}

std::vector<int64_t> shapeOf(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

// Frees a kernel's attributes.
template <typename Attributes>
void destroyAttributes(void* state) {
  delete static_cast<Attributes*>(state);
}

// Reads a kernel's attributes.
struct Reader {
  TF_OpKernelConstruction* construction;
  void integer(const char* name, int32_t* value) const {
    TF_Status* status = TF_NewStatus();
    TF_OpKernelConstruction_GetAttrInt32(construction, name, value, status);
    TF_DeleteStatus(status);
  }
  void real(const char* name, float* value) const {
    TF_Status* status = TF_NewStatus();
    TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status);
    TF_DeleteStatus(status);
  }
};

}  // namespace
