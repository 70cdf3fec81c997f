/* Slots, tokens, mechanisms, sessions: calls made once or seldom, all inline. */
#define _DEFAULT_SOURCE
#include "addon.h"

napi_value get_info(napi_env env, napi_callback_info info) {
  module_t *m = arguments(env, info, NULL, 0);
  struct ck_info i;
  memset(&i, 0, sizeof i);
  unsigned long rv = m->f->C_GetInfo(&i);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  napi_value object;
  napi_create_object(env, &object);
  set_bytes(env, object, "manufacturer", i.manufacturer_id, sizeof i.manufacturer_id);
  set_bytes(env, object, "description", i.library_description, sizeof i.library_description);
  set_number(env, object, "libraryMajor", i.library_version.major);
  set_number(env, object, "libraryMinor", i.library_version.minor);
  set_number(env, object, "cryptokiMajor", i.cryptoki_version.major);
  set_number(env, object, "cryptokiMinor", i.cryptoki_version.minor);
  return object;
}

/* () → slots that hold a token, or -rv */
napi_value list_slots(napi_env env, napi_callback_info info) {
  module_t *m = arguments(env, info, NULL, 0);
  unsigned long count = 0;
  unsigned long rv = m->f->C_GetSlotList(1, NULL, &count);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  unsigned long *slots = calloc(count + 16, sizeof *slots);
  if (slots == NULL) return number(env, FAILED(RV_NO_MEMORY));
  count += 16;
  rv = m->f->C_GetSlotList(1, slots, &count);
  napi_value result = rv == CKR_OK ? number_array(env, slots, count) : number(env, FAILED(rv));
  free(slots);
  return result;
}

napi_value slot_info(napi_env env, napi_callback_info info) {
  napi_value argv[1], object;
  module_t *m = arguments(env, info, argv, 1);
  struct ck_slot_info s;
  memset(&s, 0, sizeof s);
  unsigned long rv = m->f->C_GetSlotInfo(number_of(env, argv[0]), &s);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  napi_create_object(env, &object);
  set_bytes(env, object, "description", s.slot_description, sizeof s.slot_description);
  set_bytes(env, object, "manufacturer", s.manufacturer_id, sizeof s.manufacturer_id);
  set_number(env, object, "flags", (double)s.flags);
  return object;
}

napi_value token_info(napi_env env, napi_callback_info info) {
  napi_value argv[1], object;
  module_t *m = arguments(env, info, argv, 1);
  struct ck_token_info t;
  memset(&t, 0, sizeof t);
  unsigned long rv = m->f->C_GetTokenInfo(number_of(env, argv[0]), &t);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  napi_create_object(env, &object);
  set_bytes(env, object, "label", t.label, sizeof t.label);
  set_bytes(env, object, "manufacturer", t.manufacturer_id, sizeof t.manufacturer_id);
  set_bytes(env, object, "model", t.model, sizeof t.model);
  set_bytes(env, object, "serialNumber", t.serial_number, sizeof t.serial_number);
  set_number(env, object, "flags", (double)t.flags);
  return object;
}

/* (slot) → mechanism numbers, or -rv */
napi_value mechanism_list(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  module_t *m = arguments(env, info, argv, 1);
  unsigned long slot = number_of(env, argv[0]), count = 0;
  unsigned long rv = m->f->C_GetMechanismList(slot, NULL, &count);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  unsigned long *list = calloc(count + 1, sizeof *list);
  if (list == NULL) return number(env, FAILED(RV_NO_MEMORY));
  rv = m->f->C_GetMechanismList(slot, list, &count);
  napi_value result = rv == CKR_OK ? number_array(env, list, count) : number(env, FAILED(rv));
  free(list);
  return result;
}

napi_value mechanism_info(napi_env env, napi_callback_info info) {
  napi_value argv[2], object;
  module_t *m = arguments(env, info, argv, 2);
  struct ck_mechanism_info i;
  memset(&i, 0, sizeof i);
  unsigned long rv = m->f->C_GetMechanismInfo(number_of(env, argv[0]), number_of(env, argv[1]), &i);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  napi_create_object(env, &object);
  set_number(env, object, "minKeySize", (double)i.min_key_size);
  set_number(env, object, "maxKeySize", (double)i.max_key_size);
  set_number(env, object, "flags", (double)i.flags);
  return object;
}

/* (slot, soPin, label padded to 32 bytes) → 0 or -rv */
napi_value init_token(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  module_t *m = arguments(env, info, argv, 3);
  uint8_t *pin, *label;
  size_t pin_size, label_size;
  if (!bytes_of(env, argv[1], &pin, &pin_size) || !bytes_of(env, argv[2], &label, &label_size)) return NULL;
  if (label_size != 32) return number(env, FAILED(CKR_ARGUMENTS_BAD));
  return outcome(env, m->f->C_InitToken(number_of(env, argv[0]), pin, pin_size, label));
}

/* (slot, flags) → session handle or -rv */
napi_value open_session(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  module_t *m = arguments(env, info, argv, 2);
  unsigned long session = 0;
  unsigned long rv = m->f->C_OpenSession(number_of(env, argv[0]), number_of(env, argv[1]), NULL, NULL, &session);
  return handle_or_failure(env, rv, session);
}

napi_value close_session(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  module_t *m = arguments(env, info, argv, 1);
  return outcome(env, m->f->C_CloseSession(number_of(env, argv[0])));
}

napi_value session_info(napi_env env, napi_callback_info info) {
  napi_value argv[1], object;
  module_t *m = arguments(env, info, argv, 1);
  struct ck_session_info s;
  memset(&s, 0, sizeof s);
  unsigned long rv = m->f->C_GetSessionInfo(number_of(env, argv[0]), &s);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  napi_create_object(env, &object);
  set_number(env, object, "slot", (double)s.slot_id);
  set_number(env, object, "state", (double)s.state);
  set_number(env, object, "flags", (double)s.flags);
  set_number(env, object, "deviceError", (double)s.device_error);
  return object;
}

napi_value log_out(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  module_t *m = arguments(env, info, argv, 1);
  return outcome(env, m->f->C_Logout(number_of(env, argv[0])));
}

napi_value finalize(napi_env env, napi_callback_info info) {
  module_t *m = arguments(env, info, NULL, 0);
  return outcome(env, m->f->C_Finalize(NULL));
}
