/* Reading attributes, flat or nested (CKA_UNWRAP_TEMPLATE and its sisters). */
#define _DEFAULT_SOURCE
#include "addon.h"

#define MAX_NESTED 64
#define MAX_NESTED_BYTES 4096
#define UNAVAILABLE ((unsigned long)-1)

static bool readable(unsigned long rv) {
  return rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL;
}

static bool is_template(unsigned long type) {
  return type == CKA_WRAP_TEMPLATE || type == CKA_UNWRAP_TEMPLATE || type == CKA_DERIVE_TEMPLATE;
}

static napi_value nested_value(napi_env env, struct ck_attribute *inner, size_t count) {
  napi_value list;
  napi_create_array(env, &list);
  for (size_t i = 0; i < count; i++) {
    napi_value pair;
    napi_create_array_with_length(env, 2, &pair);
    napi_set_element(env, pair, 0, number(env, (double)inner[i].type));
    napi_set_element(env, pair, 1, bytes_value(env, inner[i].value, inner[i].value_len));
    napi_set_element(env, list, (uint32_t)i, pair);
  }
  return list;
}

/*
 * PKCS#11 3.1 §5.7.5: first the number of inner attributes, then their sizes, then their values. `memory` owns the
 * buffers. NSS knows no nesting and answers with the bytes it was once given, stale pointers among them: a pointer
 * that is not ours is never followed, the attribute counts as unreadable.
 */
static unsigned long read_nested(module_t *m, unsigned long session, unsigned long object, struct ck_attribute *outer,
                                 struct ck_attribute *inner, void **memory, size_t *count) {
  *count = outer->value_len / sizeof *inner;
  if (*count > MAX_NESTED) return CKR_ATTRIBUTE_TYPE_INVALID;
  outer->value = inner;
  unsigned long rv = m->f->C_GetAttributeValue(session, object, outer, 1);
  if (rv != CKR_OK) return rv;
  for (size_t i = 0; i < *count; i++) {
    if (inner[i].value != NULL || inner[i].value_len > MAX_NESTED_BYTES) return CKR_ATTRIBUTE_TYPE_INVALID;
    memory[i] = calloc(1, inner[i].value_len + 1);
    if (memory[i] == NULL) return RV_NO_MEMORY;
    inner[i].value = memory[i];
  }
  rv = m->f->C_GetAttributeValue(session, object, outer, 1);
  for (size_t i = 0; i < *count; i++) {
    if (inner[i].value != memory[i] || inner[i].value_len > MAX_NESTED_BYTES) return CKR_ATTRIBUTE_TYPE_INVALID;
  }
  return rv;
}

static unsigned long nested_or_null(napi_env env, module_t *m, unsigned long session, unsigned long object,
                                    struct ck_attribute *outer, napi_value *value) {
  struct ck_attribute inner[MAX_NESTED];
  void *memory[MAX_NESTED];
  size_t count = 0;
  memset(inner, 0, sizeof inner);
  memset(memory, 0, sizeof memory);
  unsigned long rv = read_nested(m, session, object, outer, inner, memory, &count);
  if (rv == CKR_OK) *value = nested_value(env, inner, count);
  for (size_t i = 0; i < MAX_NESTED; i++) free(memory[i]);
  return readable(rv) ? CKR_OK : rv;
}

static unsigned long read_one(napi_env env, module_t *m, unsigned long session, unsigned long object, unsigned long type,
                              napi_value *value) {
  struct ck_attribute attribute = {type, NULL, 0};
  unsigned long rv = m->f->C_GetAttributeValue(session, object, &attribute, 1);
  napi_get_null(env, value);
  if (!readable(rv)) return rv;
  if (rv != CKR_OK || attribute.value_len == UNAVAILABLE) return CKR_OK;
  if (is_template(type)) return nested_or_null(env, m, session, object, &attribute, value);
  size_t capacity = attribute.value_len;
  attribute.value = calloc(1, capacity + 1);
  if (attribute.value == NULL) return RV_NO_MEMORY;
  rv = m->f->C_GetAttributeValue(session, object, &attribute, 1);
  if (rv == CKR_OK) *value = bytes_value(env, attribute.value, attribute.value_len);
  wipe(attribute.value, capacity);
  free(attribute.value);
  return rv;
}

/* (session, object, types[]) → for each type a Buffer, a list of [type, Buffer] or null where it cannot be read; or -rv. */
napi_value get_attributes(napi_env env, napi_callback_info info) {
  napi_value argv[3], result, element, value;
  module_t *m = arguments(env, info, argv, 3);
  unsigned long session = number_of(env, argv[0]), object = number_of(env, argv[1]);
  uint32_t count = 0;
  napi_get_array_length(env, argv[2], &count);
  napi_create_array_with_length(env, count, &result);
  for (uint32_t i = 0; i < count; i++) {
    napi_get_element(env, argv[2], i, &element);
    unsigned long rv = read_one(env, m, session, object, number_of(env, element), &value);
    if (rv != CKR_OK) return number(env, FAILED(rv));
    napi_set_element(env, result, i, value);
  }
  return result;
}
