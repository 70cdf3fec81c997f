/* What the files of the addon share: the module, the job and the marks of a result. */
#ifndef TRENT_ADDON_H
#define TRENT_ADDON_H

#define CRYPTOKI_GNU 1
#define NAPI_VERSION 8
#include <node_api.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* TypeScript lays out CK_ATTRIBUTE, CK_MECHANISM and the parameters itself (arena.ts): LP64 only. */
_Static_assert(sizeof(unsigned long) == 8 && sizeof(void *) == 8, "64-bit Unix only");
_Static_assert(sizeof(struct ck_attribute) == 24 && sizeof(struct ck_mechanism) == 24, "unexpected packing");

/* A failed PKCS#11 call returns to JavaScript as -rv, so that no exception is built on the hot path. */
#define FAILED(rv) (-(double)(rv))
/* Handles are JavaScript numbers: exact up to 2^53 - 1. */
#define MAX_HANDLE 9007199254740991UL
/* Vendor code for a module whose handles do not fit; see errors.ts. */
#define RV_HANDLE_TOO_LARGE 0x80547265UL
#define RV_NO_MEMORY 2UL

/*
 * CK_FUNCTION_LIST_3_2 as far as Trent reads it: the list of 2.40, the 24 functions of 3.0, and the two of key encapsulation
 * (PKCS#11 3.2, C_EncapsulateKey, C_DecapsulateKey).
 */
typedef struct {
  struct ck_function_list v2;
  void *v3_0[24];
  unsigned long (*C_EncapsulateKey)(unsigned long session, struct ck_mechanism *mechanism, unsigned long public_key,
                                    struct ck_attribute *template, unsigned long count, unsigned char *ciphertext,
                                    unsigned long *ciphertext_size, unsigned long *key);
  unsigned long (*C_DecapsulateKey)(unsigned long session, struct ck_mechanism *mechanism, unsigned long private_key,
                                    struct ck_attribute *template, unsigned long count, unsigned char *ciphertext,
                                    unsigned long ciphertext_size, unsigned long *key);
} function_list_3_2_t;

typedef struct {
  void *library;
  struct ck_function_list *f;
  function_list_3_2_t *f32; /* NULL where the module is older */
} module_t;

/* A relocated copy of an arena: `root` points to its first structure, `count` says how many there are. */
typedef struct {
  uint8_t *memory;
  size_t size;
  void *root;
  unsigned long count;
} arena_t;

typedef struct {
  const uint8_t *bytes;
  size_t size;
  uint8_t *owned; /* a copy, for jobs that outlive the call */
} blob_t;

typedef enum { RESULT_NONE, RESULT_HANDLE, RESULT_PAIR, RESULT_BYTES, RESULT_BYTES_AND_HANDLE, RESULT_HANDLES, RESULT_TRUTH } result_kind;

typedef struct job job_t;
typedef struct {
  const char *name;
  unsigned long (*run)(job_t *job);
  bool arena_a, arena_b; /* argument A or B is a template, not data */
} operation_t;

struct job {
  module_t *module;
  const operation_t *operation;
  unsigned long session, key_a, key_b;
  arena_t mechanism, template_a, template_b;
  blob_t a, b;
  /* results */
  unsigned long rv;
  result_kind kind;
  unsigned long handles[2];
  bool truth;
  uint8_t *out;
  size_t out_size, out_capacity;
  unsigned long *list;
  size_t list_count;
  /* of a job on the pool */
  napi_async_work work;
  napi_deferred deferred;
};

/* arena.c */
bool arena_load(arena_t *arena, const uint8_t *bytes, size_t size);
void arena_free(arena_t *arena);
void wipe(void *memory, size_t size);

/* operations.c */
extern const operation_t operations[];
extern const size_t operation_count;
typedef unsigned long (*init_fn)(unsigned long, struct ck_mechanism *, unsigned long);
unsigned long begin(module_t *m, init_fn init, unsigned long session, struct ck_mechanism *mechanism, unsigned long key);

/* job.c */
napi_value job_call(napi_env env, napi_callback_info info, module_t *module, const operation_t *operation);

/* gcm.c, attributes.c, token.c: functions with the module as their data */
napi_value gcm_encrypt(napi_env env, napi_callback_info info);
napi_value gcm_decrypt(napi_env env, napi_callback_info info);
napi_value hmac_sign(napi_env env, napi_callback_info info);
napi_value random_fill(napi_env env, napi_callback_info info);
napi_value kernel_random(napi_env env, napi_callback_info info);
napi_value get_attributes(napi_env env, napi_callback_info info);
napi_value get_info(napi_env env, napi_callback_info info);
napi_value list_slots(napi_env env, napi_callback_info info);
napi_value slot_info(napi_env env, napi_callback_info info);
napi_value token_info(napi_env env, napi_callback_info info);
napi_value mechanism_list(napi_env env, napi_callback_info info);
napi_value mechanism_info(napi_env env, napi_callback_info info);
napi_value init_token(napi_env env, napi_callback_info info);
napi_value open_session(napi_env env, napi_callback_info info);
napi_value close_session(napi_env env, napi_callback_info info);
napi_value session_info(napi_env env, napi_callback_info info);
napi_value log_out(napi_env env, napi_callback_info info);
napi_value finalize(napi_env env, napi_callback_info info);

/* values.c */
module_t *arguments(napi_env env, napi_callback_info info, napi_value *argv, size_t count);
unsigned long number_of(napi_env env, napi_value value);
bool bytes_of(napi_env env, napi_value value, uint8_t **bytes, size_t *size);
bool is_absent(napi_env env, napi_value value);
napi_value number(napi_env env, double value);
napi_value outcome(napi_env env, unsigned long rv);
napi_value handle_or_failure(napi_env env, unsigned long rv, unsigned long handle);
napi_value bytes_value(napi_env env, const void *bytes, size_t size);
napi_value number_array(napi_env env, const unsigned long *values, size_t count);
void set_number(napi_env env, napi_value object, const char *name, double value);
void set_bytes(napi_env env, napi_value object, const char *name, const void *bytes, size_t size);

#endif
