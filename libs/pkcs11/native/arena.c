/*
 * An arena is a block that TypeScript has laid out as C structures, with the places of its pointers listed
 * beside it, so that any template or mechanism parameter, however nested, crosses in one flat buffer:
 *   u32 relocations · u32 count · (u32 at, u32 target) × relocations · body (8-byte aligned in the copy)
 * Each relocation writes the address of body + target into body + at.
 */
#define _DEFAULT_SOURCE
#include "addon.h"

void wipe(void *memory, size_t size) {
  if (memory != NULL && size > 0) explicit_bzero(memory, size);
}

static uint32_t word(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

bool arena_load(arena_t *arena, const uint8_t *bytes, size_t size) {
  if (size < 8) return false;
  size_t relocations = word(bytes);
  size_t head = 8 + relocations * 8;
  if (head > size) return false;
  size_t body = size - head;
  uint8_t *memory = malloc(body > 0 ? body : 8);
  if (memory == NULL) return false;
  memcpy(memory, bytes + head, body);
  for (size_t i = 0; i < relocations; i++) {
    uint32_t at = word(bytes + 8 + i * 8), target = word(bytes + 12 + i * 8);
    if ((size_t)at + 8 > body || target > body) {
      free(memory);
      return false;
    }
    uint8_t *pointer = memory + target;
    memcpy(memory + at, &pointer, sizeof pointer);
  }
  arena->memory = memory;
  arena->size = body;
  arena->root = memory;
  arena->count = word(bytes + 4);
  return true;
}

void arena_free(arena_t *arena) {
  if (arena->memory == NULL) return;
  wipe(arena->memory, arena->size);
  free(arena->memory);
  arena->memory = NULL;
}
