/* The operations, each one whole: Init and the single-part call together, the answer sized at once. */
#include "addon.h"

/* Largest answer besides the input's own size: RSA-16384 signatures, wrapped RSA-8192 keys. */
#define SPARE_OUTPUT 8192
/* CKM_EDDSA, PKCS#11 3.0; p11-kit's header is older in places. RFC 8032 §5.1.6. */
#define TRENT_CKM_EDDSA 0x1057UL
#define ED25519_SIGNATURE 64

#define F job->module->f
#define MECHANISM ((struct ck_mechanism *)job->mechanism.root)
#define DATA(blob) ((unsigned char *)(blob).bytes)
#define TEMPLATE(arena) ((struct ck_attribute *)(arena).root)

static bool reserve(job_t *job, size_t capacity) {
  wipe(job->out, job->out_capacity);
  free(job->out);
  job->out = malloc(capacity);
  job->out_capacity = job->out != NULL ? capacity : 0;
  return job->out != NULL;
}

/* Ends whatever operation a failed call has left active in the session. */
static void abandon(module_t *m, unsigned long session) {
  uint8_t sink[SPARE_OUTPUT];
  unsigned long size = sizeof sink;
  m->f->C_EncryptFinal(session, sink, &size);
  size = sizeof sink;
  m->f->C_DecryptFinal(session, sink, &size);
  size = sizeof sink;
  m->f->C_SignFinal(session, sink, &size);
  m->f->C_VerifyFinal(session, sink, 0);
  m->f->C_FindObjectsFinal(session);
  wipe(sink, sizeof sink);
}

/* Init; SoftHSM leaves an operation active after some argument errors, which would block the session for good. */
unsigned long begin(module_t *m, init_fn init, unsigned long session, struct ck_mechanism *mechanism, unsigned long key) {
  unsigned long rv = init(session, mechanism, key);
  if (rv != CKR_OPERATION_ACTIVE) return rv;
  abandon(m, session);
  return init(session, mechanism, key);
}

typedef unsigned long (*single_fn)(unsigned long, unsigned char *, unsigned long, unsigned char *, unsigned long *);

/*
 * Init + single part. CKR_BUFFER_TOO_SMALL leaves the operation active (PKCS#11 3.1 §5.2), so it is finished
 * here with the size that the module asked for.
 */
static unsigned long transform(job_t *job, init_fn init, single_fn single, size_t capacity) {
  if (!reserve(job, capacity)) return RV_NO_MEMORY;
  unsigned long rv = begin(job->module, init, job->session, MECHANISM, job->key_a);
  if (rv != CKR_OK) return rv;
  unsigned long size = job->out_capacity;
  rv = single(job->session, DATA(job->a), job->a.size, job->out, &size);
  if (rv == CKR_BUFFER_TOO_SMALL && size > job->out_capacity && reserve(job, size)) {
    rv = single(job->session, DATA(job->a), job->a.size, job->out, &size);
  }
  job->out_size = size;
  job->kind = RESULT_BYTES;
  return rv;
}

static unsigned long run_encrypt(job_t *job) {
  return transform(job, F->C_EncryptInit, F->C_Encrypt, job->a.size + SPARE_OUTPUT);
}

static unsigned long run_decrypt(job_t *job) {
  return transform(job, F->C_DecryptInit, F->C_Decrypt, job->a.size + SPARE_OUTPUT);
}

/* NSS takes an Ed25519 signature's buffer of its very size only; a module with a longer one (Ed448) says so. */
static unsigned long run_sign(job_t *job) {
  bool is_eddsa = MECHANISM->mechanism == TRENT_CKM_EDDSA;
  return transform(job, F->C_SignInit, F->C_Sign, is_eddsa ? ED25519_SIGNATURE : job->a.size + SPARE_OUTPUT);
}

static unsigned long run_verify(job_t *job) {
  unsigned long rv = begin(job->module, F->C_VerifyInit, job->session, MECHANISM, job->key_a);
  if (rv != CKR_OK) return rv;
  rv = F->C_Verify(job->session, DATA(job->a), job->a.size, DATA(job->b), job->b.size);
  job->kind = RESULT_TRUTH;
  job->truth = rv == CKR_OK;
  return rv == CKR_SIGNATURE_INVALID || rv == CKR_SIGNATURE_LEN_RANGE ? CKR_OK : rv;
}

static unsigned long run_generate_key(job_t *job) {
  job->kind = RESULT_HANDLE;
  return F->C_GenerateKey(job->session, MECHANISM, TEMPLATE(job->template_a), job->template_a.count, &job->handles[0]);
}

static unsigned long run_generate_key_pair(job_t *job) {
  job->kind = RESULT_PAIR;
  return F->C_GenerateKeyPair(job->session, MECHANISM, TEMPLATE(job->template_a), job->template_a.count,
                              TEMPLATE(job->template_b), job->template_b.count, &job->handles[0], &job->handles[1]);
}

static unsigned long run_create_object(job_t *job) {
  job->kind = RESULT_HANDLE;
  return F->C_CreateObject(job->session, TEMPLATE(job->template_a), job->template_a.count, &job->handles[0]);
}

static unsigned long run_copy_object(job_t *job) {
  job->kind = RESULT_HANDLE;
  return F->C_CopyObject(job->session, job->key_a, TEMPLATE(job->template_a), job->template_a.count, &job->handles[0]);
}

static unsigned long run_destroy_object(job_t *job) { return F->C_DestroyObject(job->session, job->key_a); }

static unsigned long run_set_attributes(job_t *job) {
  return F->C_SetAttributeValue(job->session, job->key_a, TEMPLATE(job->template_a), job->template_a.count);
}

static unsigned long run_wrap_key(job_t *job) {
  if (!reserve(job, SPARE_OUTPUT)) return RV_NO_MEMORY;
  unsigned long size = job->out_capacity;
  unsigned long rv = F->C_WrapKey(job->session, MECHANISM, job->key_a, job->key_b, job->out, &size);
  job->out_size = size;
  job->kind = RESULT_BYTES;
  return rv;
}

static unsigned long run_unwrap_key(job_t *job) {
  job->kind = RESULT_HANDLE;
  return F->C_UnwrapKey(job->session, MECHANISM, job->key_a, DATA(job->b), job->b.size, TEMPLATE(job->template_a),
                        job->template_a.count, &job->handles[0]);
}

static unsigned long run_derive_key(job_t *job) {
  job->kind = RESULT_HANDLE;
  return F->C_DeriveKey(job->session, MECHANISM, job->key_a, TEMPLATE(job->template_a), job->template_a.count,
                        &job->handles[0]);
}

/* The ciphertext and the handle of the shared secret. */
static unsigned long run_encapsulate_key(job_t *job) {
  if (job->module->f32 == NULL) return CKR_FUNCTION_NOT_SUPPORTED;
  if (!reserve(job, SPARE_OUTPUT)) return RV_NO_MEMORY;
  unsigned long size = job->out_capacity;
  unsigned long rv = job->module->f32->C_EncapsulateKey(job->session, MECHANISM, job->key_a, TEMPLATE(job->template_a),
                                                        job->template_a.count, job->out, &size, &job->handles[0]);
  job->out_size = size;
  job->kind = RESULT_BYTES_AND_HANDLE;
  return rv;
}

static unsigned long run_decapsulate_key(job_t *job) {
  if (job->module->f32 == NULL) return CKR_FUNCTION_NOT_SUPPORTED;
  job->kind = RESULT_HANDLE;
  return job->module->f32->C_DecapsulateKey(job->session, MECHANISM, job->key_a, TEMPLATE(job->template_a),
                                            job->template_a.count, DATA(job->b), job->b.size, &job->handles[0]);
}

#define FIND_PAGE 64
static unsigned long find_page(job_t *job, unsigned long *found) {
  unsigned long *list = realloc(job->list, (job->list_count + FIND_PAGE) * sizeof *list);
  if (list == NULL) return RV_NO_MEMORY;
  job->list = list;
  return F->C_FindObjects(job->session, list + job->list_count, FIND_PAGE, found);
}

static unsigned long run_find_objects(job_t *job) {
  job->kind = RESULT_HANDLES;
  unsigned long rv = F->C_FindObjectsInit(job->session, TEMPLATE(job->template_a), job->template_a.count);
  if (rv == CKR_OPERATION_ACTIVE) {
    abandon(job->module, job->session);
    rv = F->C_FindObjectsInit(job->session, TEMPLATE(job->template_a), job->template_a.count);
  }
  if (rv != CKR_OK) return rv;
  unsigned long found = 0;
  do {
    rv = find_page(job, &found);
    if (rv == CKR_OK) job->list_count += found;
  } while (rv == CKR_OK && found > 0);
  unsigned long end = F->C_FindObjectsFinal(job->session);
  for (size_t i = 0; i < job->list_count; i++) {
    if (job->list[i] > MAX_HANDLE) return RV_HANDLE_TOO_LARGE;
  }
  return rv != CKR_OK ? rv : end;
}

/* keyA carries the user type. */
static unsigned long run_login(job_t *job) { return F->C_Login(job->session, job->key_a, DATA(job->a), job->a.size); }

static unsigned long run_init_pin(job_t *job) { return F->C_InitPIN(job->session, DATA(job->a), job->a.size); }

const operation_t operations[] = {
    {"encrypt", run_encrypt, false, false},
    {"decrypt", run_decrypt, false, false},
    {"sign", run_sign, false, false},
    {"verify", run_verify, false, false},
    {"generateKey", run_generate_key, true, false},
    {"generateKeyPair", run_generate_key_pair, true, true},
    {"createObject", run_create_object, true, false},
    {"copyObject", run_copy_object, true, false},
    {"destroyObject", run_destroy_object, false, false},
    {"setAttributes", run_set_attributes, true, false},
    {"wrapKey", run_wrap_key, false, false},
    {"unwrapKey", run_unwrap_key, true, false},
    {"deriveKey", run_derive_key, true, false},
    {"encapsulateKey", run_encapsulate_key, true, false},
    {"decapsulateKey", run_decapsulate_key, true, false},
    {"findObjects", run_find_objects, true, false},
    {"login", run_login, false, false},
    {"initPin", run_init_pin, false, false},
};
const size_t operation_count = sizeof operations / sizeof operations[0];
