/*
 * @trent/pkcs11: Node-API binding to a PKCS#11 module. load(path, libraryParameters) opens and initialises the
 * module and returns an object of functions bound to it. Each function is one whole operation and answers -rv
 * when the module fails; exceptions are kept for wrong argument types.
 */
#define _DEFAULT_SOURCE
#include "addon.h"
#include <dlfcn.h>

/* What a job function carries as its data. */
typedef struct {
  module_t *module;
  const operation_t *operation;
} binding_t;

static napi_value call_operation(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  binding_t *binding = data;
  return job_call(env, info, binding->module, binding->operation);
}

static void add(napi_env env, napi_value object, const char *name, napi_callback callback, void *data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

static const struct {
  const char *name;
  napi_callback callback;
} plain[] = {
    {"gcmEncrypt", gcm_encrypt},       {"gcmDecrypt", gcm_decrypt},     {"hmacSign", hmac_sign},
    {"randomFill", random_fill},       {"kernelRandom", kernel_random},
    {"getAttributes", get_attributes}, {"getInfo", get_info},
    {"listSlots", list_slots},         {"slotInfo", slot_info},         {"tokenInfo", token_info},
    {"mechanismList", mechanism_list}, {"mechanismInfo", mechanism_info}, {"initToken", init_token},
    {"openSession", open_session},     {"closeSession", close_session}, {"sessionInfo", session_info},
    {"logout", log_out},               {"finalize", finalize},
};

static bool string_of(napi_env env, napi_value value, char *out, size_t capacity) {
  size_t length = 0;
  return napi_get_value_string_utf8(env, value, out, capacity, &length) == napi_ok && length + 1 < capacity;
}

/* C_Initialize with OS locking; NSS reads its settings from the field that the standard reserves. */
static unsigned long initialise(module_t *m, char *parameters) {
  struct ck_c_initialize_args a;
  memset(&a, 0, sizeof a);
  a.flags = CKF_OS_LOCKING_OK;
  if (parameters == NULL) return m->f->C_Initialize(&a);
  struct {
    struct ck_c_initialize_args standard;
    void *unused;
  } nss;
  memset(&nss, 0, sizeof nss);
  /* NSS: { 4 callbacks, flags, LibraryParameters, reserved } */
  nss.standard = a;
  nss.standard.reserved = parameters;
  return m->f->C_Initialize(&nss);
}

static napi_value loading_failed(napi_env env, const char *message) {
  napi_throw_error(env, "ERR_PKCS11_LOAD", message != NULL ? message : "no C_GetFunctionList in the library");
  return NULL;
}

/* The list of PKCS#11 3.2, where the module has one (C_GetInterface came with 3.0). */
static function_list_3_2_t *newest_functions(void *library) {
  struct {
    unsigned char *name;
    void *functions;
    unsigned long flags;
  } *interface = NULL;
  struct ck_version wanted = {3, 2};
  unsigned long (*entry)(unsigned char *, struct ck_version *, void *, unsigned long) = dlsym(library, "C_GetInterface");
  if (entry == NULL || entry((unsigned char *)"PKCS 11", &wanted, &interface, 0) != CKR_OK || interface == NULL) return NULL;
  return interface->functions;
}

static module_t *open_library(napi_env env, const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    loading_failed(env, dlerror());
    return NULL;
  }
  unsigned long (*entry)(struct ck_function_list **) = dlsym(library, "C_GetFunctionList");
  module_t *m = calloc(1, sizeof *m);
  if (entry == NULL || m == NULL || entry(&m->f) != CKR_OK || m->f == NULL) {
    free(m);
    dlclose(library);
    loading_failed(env, NULL);
    return NULL;
  }
  m->library = library;
  m->f32 = newest_functions(library);
  return m;
}

/* load(path, libraryParameters?) → functions, or -rv of C_Initialize. The module lives as long as the process. */
static napi_value load(napi_env env, napi_callback_info info) {
  napi_value argv[2], object;
  arguments(env, info, argv, 2);
  char path[4096], parameters[4096];
  if (!string_of(env, argv[0], path, sizeof path)) return loading_failed(env, "the path is not a string or too long");
  bool with_parameters = !is_absent(env, argv[1]);
  if (with_parameters && !string_of(env, argv[1], parameters, sizeof parameters))
    return loading_failed(env, "the library parameters are not a string or too long");
  module_t *m = open_library(env, path);
  if (m == NULL) return NULL;
  unsigned long rv = initialise(m, with_parameters ? parameters : NULL);
  if (rv != CKR_OK) {
    dlclose(m->library);
    free(m);
    return number(env, FAILED(rv));
  }
  binding_t *bindings = calloc(operation_count, sizeof *bindings);
  if (bindings == NULL) return number(env, FAILED(RV_NO_MEMORY));
  napi_create_object(env, &object);
  for (size_t i = 0; i < operation_count; i++) {
    bindings[i] = (binding_t){m, &operations[i]};
    add(env, object, operations[i].name, call_operation, &bindings[i]);
  }
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) add(env, object, plain[i].name, plain[i].callback, m);
  return object;
}

NAPI_MODULE_INIT() {
  add(env, exports, "load", load, NULL);
  return exports;
}
