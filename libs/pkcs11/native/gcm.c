/* The hot path: AES-GCM, HMAC and random in one crossing, into buffers that the caller owns. */
#define _DEFAULT_SOURCE
#include "addon.h"

#include <errno.h>
#include <sys/random.h>

#define TAG_BITS 128
#define TAG_BYTES 16

typedef struct {
  uint8_t *bytes;
  size_t size;
} span_t;

static bool span_of(napi_env env, napi_value value, span_t *span) { return bytes_of(env, value, &span->bytes, &span->size); }

/* A module that wants more room than the mechanism can need: finish the operation elsewhere, then fail or copy. */
static unsigned long finish_elsewhere(module_t *m, unsigned long session, bool encrypt, span_t in, span_t out,
                                      unsigned long *size) {
  uint8_t *spare = malloc(*size);
  if (spare == NULL) return RV_NO_MEMORY;
  unsigned long capacity = *size;
  unsigned long rv = encrypt ? m->f->C_Encrypt(session, in.bytes, in.size, spare, size)
                             : m->f->C_Decrypt(session, in.bytes, in.size, spare, size);
  if (rv == CKR_OK && *size > out.size) rv = CKR_BUFFER_TOO_SMALL;
  if (rv == CKR_OK) memcpy(out.bytes, spare, *size);
  wipe(spare, capacity);
  free(spare);
  return rv;
}

/* (session, key, iv, aad, in, out) → bytes written, or -rv. PKCS#11 3.1, CKM_AES_GCM. */
static napi_value gcm(napi_env env, napi_callback_info info, bool encrypt) {
  napi_value argv[6];
  module_t *m = arguments(env, info, argv, 6);
  span_t iv, aad, in, out;
  if (!span_of(env, argv[2], &iv) || !span_of(env, argv[3], &aad) || !span_of(env, argv[4], &in) ||
      !span_of(env, argv[5], &out))
    return NULL;
  /* SoftHSM wants room for the whole ciphertext when it decrypts. */
  if (out.size < (encrypt ? in.size + TAG_BYTES : in.size)) {
    napi_throw_range_error(env, NULL, "pkcs11: the output buffer is too small");
    return NULL;
  }
  unsigned long session = number_of(env, argv[0]);
  struct ck_gcm_params parameters = {iv.bytes, iv.size, iv.size * 8, aad.bytes, aad.size, TAG_BITS};
  struct ck_mechanism mechanism = {CKM_AES_GCM, &parameters, sizeof parameters};
  unsigned long key = number_of(env, argv[1]), size = out.size;
  unsigned long rv = begin(m, encrypt ? m->f->C_EncryptInit : m->f->C_DecryptInit, session, &mechanism, key);
  if (rv != CKR_OK) return number(env, FAILED(rv));
  rv = encrypt ? m->f->C_Encrypt(session, in.bytes, in.size, out.bytes, &size)
               : m->f->C_Decrypt(session, in.bytes, in.size, out.bytes, &size);
  if (rv == CKR_BUFFER_TOO_SMALL) rv = finish_elsewhere(m, session, encrypt, in, out, &size);
  if (rv == CKR_OK) return number(env, (double)size);
  wipe(out.bytes, out.size);
  return number(env, FAILED(rv));
}

napi_value gcm_encrypt(napi_env env, napi_callback_info info) { return gcm(env, info, true); }
napi_value gcm_decrypt(napi_env env, napi_callback_info info) { return gcm(env, info, false); }

/* (session, mechanism, key, data, out) → bytes written, or -rv. `out` must hold the full MAC. */
napi_value hmac_sign(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  module_t *m = arguments(env, info, argv, 5);
  span_t data, out;
  if (!span_of(env, argv[3], &data) || !span_of(env, argv[4], &out)) return NULL;
  unsigned long session = number_of(env, argv[0]);
  struct ck_mechanism mechanism = {number_of(env, argv[1]), NULL, 0};
  unsigned long rv = begin(m, m->f->C_SignInit, session, &mechanism, number_of(env, argv[2]));
  if (rv != CKR_OK) return number(env, FAILED(rv));
  uint8_t mac[1024];
  unsigned long size = sizeof mac;
  rv = m->f->C_Sign(session, data.bytes, data.size, mac, &size);
  if (rv == CKR_OK && size > out.size) rv = CKR_BUFFER_TOO_SMALL;
  if (rv == CKR_OK) memcpy(out.bytes, mac, size);
  wipe(mac, sizeof mac);
  return number(env, rv == CKR_OK ? (double)size : FAILED(rv));
}

/* (session, out) → 0 or -rv: fills the buffer from the token's generator. */
napi_value random_fill(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  module_t *m = arguments(env, info, argv, 2);
  span_t out;
  if (!span_of(env, argv[1], &out)) return NULL;
  return outcome(env, m->f->C_GenerateRandom(number_of(env, argv[0]), out.bytes, out.size));
}

/* (out) → 0, or an error is thrown: fills up to 256 bytes from getrandom(2), which then never gives fewer. */
napi_value kernel_random(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  arguments(env, info, argv, 1);
  span_t out;
  if (!span_of(env, argv[0], &out)) return NULL;
  ssize_t got;
  do got = getrandom(out.bytes, out.size, 0);
  while (got < 0 && errno == EINTR);
  if (out.size <= 256 && got == (ssize_t)out.size) return number(env, 0);
  napi_throw_error(env, NULL, "pkcs11: the kernel gave too few random bytes");
  return NULL;
}
