/* Dynamic loading, which a unikernel has not: every call fails, dlerror() says why. */
#ifndef _DLFCN_H
#define _DLFCN_H

#ifdef __cplusplus
extern "C"
{
#endif

#define RTLD_LAZY    0x1
#define RTLD_NOW     0x2
#define RTLD_GLOBAL  0x100
#define RTLD_LOCAL   0

#define RTLD_DEFAULT ((void *) 0)
#define RTLD_NEXT    ((void *) -1)

  void *dlopen(const char *path, int flags);
  void *dlsym(void *handle, const char *name);
  int dlclose(void *handle);
  char *dlerror(void);

#ifdef __cplusplus
}
#endif

#endif
