/*
 * One PKCS#11 operation is one job: read the arguments, run in C alone, turn the result into a value.
 * The same job runs inline or on the libuv pool; only the middle part leaves the main thread.
 * JavaScript calls it as operation(onPool, session, mechanism, keyA, keyB, a, b).
 */
#define _DEFAULT_SOURCE
#include "addon.h"

static void job_free(job_t *job) {
  arena_free(&job->mechanism);
  arena_free(&job->template_a);
  arena_free(&job->template_b);
  if (job->a.owned) wipe(job->a.owned, job->a.size);
  if (job->b.owned) wipe(job->b.owned, job->b.size);
  wipe(job->out, job->out_capacity);
  free(job->a.owned);
  free(job->b.owned);
  free(job->out);
  free(job->list);
  free(job);
}

/* Reads one of the two trailing arguments, as a template or as data (copied when the job leaves the thread). */
static bool read_blob(napi_env env, napi_value value, bool is_template, bool copy, arena_t *arena, blob_t *blob) {
  if (is_absent(env, value)) return true;
  uint8_t *bytes;
  size_t size;
  if (!bytes_of(env, value, &bytes, &size)) return false;
  if (is_template) {
    if (arena_load(arena, bytes, size) && arena->count <= arena->size / sizeof(struct ck_attribute)) return true;
    napi_throw_type_error(env, NULL, "pkcs11: malformed template");
    return false;
  }
  blob->size = size;
  if (!copy) {
    blob->bytes = bytes;
    return true;
  }
  blob->owned = malloc(size > 0 ? size : 1);
  if (blob->owned == NULL) {
    napi_throw_error(env, NULL, "pkcs11: out of memory");
    return false;
  }
  memcpy(blob->owned, bytes, size);
  blob->bytes = blob->owned;
  return true;
}

static bool read_mechanism(napi_env env, napi_value value, arena_t *mechanism) {
  if (is_absent(env, value)) return true;
  uint8_t *bytes;
  size_t size;
  if (!bytes_of(env, value, &bytes, &size)) return false;
  if (arena_load(mechanism, bytes, size) && mechanism->count == 1 && mechanism->size >= sizeof(struct ck_mechanism)) return true;
  napi_throw_type_error(env, NULL, "pkcs11: malformed mechanism");
  return false;
}

static napi_value result_of(napi_env env, job_t *job) {
  napi_value value;
  if (job->rv != CKR_OK) return number(env, FAILED(job->rv));
  switch (job->kind) {
  case RESULT_HANDLE:
    return handle_or_failure(env, CKR_OK, job->handles[0]);
  case RESULT_PAIR:
    if (job->handles[0] > MAX_HANDLE || job->handles[1] > MAX_HANDLE) return number(env, FAILED(RV_HANDLE_TOO_LARGE));
    return number_array(env, job->handles, 2);
  case RESULT_BYTES:
    return bytes_value(env, job->out, job->out_size);
  case RESULT_BYTES_AND_HANDLE:
    if (job->handles[0] > MAX_HANDLE) return number(env, FAILED(RV_HANDLE_TOO_LARGE));
    napi_create_array_with_length(env, 2, &value);
    napi_set_element(env, value, 0, bytes_value(env, job->out, job->out_size));
    napi_set_element(env, value, 1, number(env, (double)job->handles[0]));
    return value;
  case RESULT_HANDLES:
    return number_array(env, job->list, job->list_count);
  case RESULT_TRUTH:
    napi_get_boolean(env, job->truth, &value);
    return value;
  case RESULT_NONE:
    break;
  }
  return number(env, 0);
}

static void execute(napi_env env, void *data) {
  job_t *job = data;
  (void)env;
  job->rv = job->operation->run(job);
}

static void complete(napi_env env, napi_status status, void *data) {
  job_t *job = data;
  if (status != napi_ok) job->rv = CKR_FUNCTION_CANCELED;
  napi_resolve_deferred(env, job->deferred, result_of(env, job));
  napi_delete_async_work(env, job->work);
  job_free(job);
}

static napi_value start_on_pool(napi_env env, job_t *job) {
  napi_value promise, name;
  napi_create_string_utf8(env, job->operation->name, NAPI_AUTO_LENGTH, &name);
  if (napi_create_promise(env, &job->deferred, &promise) != napi_ok ||
      napi_create_async_work(env, NULL, name, execute, complete, job, &job->work) != napi_ok ||
      napi_queue_async_work(env, job->work) != napi_ok) {
    job_free(job);
    napi_throw_error(env, NULL, "pkcs11: cannot queue work");
    return NULL;
  }
  return promise;
}

napi_value job_call(napi_env env, napi_callback_info info, module_t *module, const operation_t *operation) {
  napi_value argv[7];
  size_t argc = 7;
  bool on_pool = false;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  napi_get_value_bool(env, argv[0], &on_pool);
  job_t *job = calloc(1, sizeof *job);
  if (job == NULL) return number(env, FAILED(RV_NO_MEMORY));
  job->module = module;
  job->operation = operation;
  job->session = number_of(env, argv[1]);
  job->key_a = number_of(env, argv[3]);
  job->key_b = number_of(env, argv[4]);
  if (!read_mechanism(env, argv[2], &job->mechanism) ||
      !read_blob(env, argv[5], operation->arena_a, on_pool, &job->template_a, &job->a) ||
      !read_blob(env, argv[6], operation->arena_b, on_pool, &job->template_b, &job->b)) {
    job_free(job);
    return NULL;
  }
  if (on_pool) return start_on_pool(env, job);
  execute(env, job);
  napi_value result = result_of(env, job);
  job_free(job);
  return result;
}
