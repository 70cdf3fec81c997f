/* JavaScript values to C and back. */
#include "addon.h"

module_t *arguments(napi_env env, napi_callback_info info, napi_value *argv, size_t count) {
  void *module = NULL;
  size_t given = count;
  napi_get_cb_info(env, info, &given, argv, NULL, &module);
  return module;
}

unsigned long number_of(napi_env env, napi_value value) {
  double result = 0;
  if (napi_get_value_double(env, value, &result) != napi_ok || !(result >= 0) || result > (double)MAX_HANDLE) return 0;
  return (unsigned long)result;
}

bool is_absent(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) != napi_ok || type == napi_undefined || type == napi_null;
}

bool bytes_of(napi_env env, napi_value value, uint8_t **bytes, size_t *size) {
  void *data = NULL;
  *size = 0;
  if (napi_get_buffer_info(env, value, &data, size) != napi_ok) {
    napi_throw_type_error(env, NULL, "pkcs11: expected a Uint8Array");
    return false;
  }
  /* Node gives NULL for an empty buffer, and SoftHSM refuses NULL even where the length is zero. */
  static uint8_t nothing[1];
  *bytes = data != NULL ? data : nothing;
  return true;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value outcome(napi_env env, unsigned long rv) { return number(env, rv == CKR_OK ? 0 : FAILED(rv)); }

napi_value handle_or_failure(napi_env env, unsigned long rv, unsigned long handle) {
  if (rv == CKR_OK && handle > MAX_HANDLE) rv = RV_HANDLE_TOO_LARGE;
  return number(env, rv == CKR_OK ? (double)handle : FAILED(rv));
}

napi_value bytes_value(napi_env env, const void *bytes, size_t size) {
  napi_value result;
  napi_create_buffer_copy(env, size, bytes, NULL, &result);
  return result;
}

napi_value number_array(napi_env env, const unsigned long *values, size_t count) {
  napi_value array;
  napi_create_array_with_length(env, count, &array);
  for (size_t i = 0; i < count; i++) napi_set_element(env, array, (uint32_t)i, number(env, (double)values[i]));
  return array;
}

void set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_set_named_property(env, object, name, number(env, value));
}

void set_bytes(napi_env env, napi_value object, const char *name, const void *bytes, size_t size) {
  napi_set_named_property(env, object, name, bytes_value(env, bytes, size));
}
