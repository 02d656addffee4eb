/* Bodies that attract each other, all pairs, in parallel. usage: omp_nbody THREADS */
#include <math.h>
#include <omp.h>

#include "measure.h"

#define BODIES    2048
#define STEPS     4
#define SOFTENING 1e-3
#define STEP      1e-4

struct body
{
  double x, y, z;
  double vx, vy, vz;
  double mass;
};

static struct body bodies[BODIES];
static volatile double sink;

static void accelerate(struct body *body)
{
  double ax = 0;
  double ay = 0;
  double az = 0;
  for (int i = 0; i < BODIES; i++)
  {
    double dx = bodies[i].x - body->x;
    double dy = bodies[i].y - body->y;
    double dz = bodies[i].z - body->z;
    double squared = dx * dx + dy * dy + dz * dz + SOFTENING;
    double pull = bodies[i].mass / (squared * sqrt(squared));
    ax += pull * dx;
    ay += pull * dy;
    az += pull * dz;
  }
  body->vx += STEP * ax;
  body->vy += STEP * ay;
  body->vz += STEP * az;
}

static void run(void)
{
  for (int step = 0; step < STEPS; step++)
  {
#pragma omp parallel for schedule(static)
    for (int i = 0; i < BODIES; i++)
      accelerate(&bodies[i]);
#pragma omp parallel for
    for (int i = 0; i < BODIES; i++)
    {
      bodies[i].x += STEP * bodies[i].vx;
      bodies[i].y += STEP * bodies[i].vy;
      bodies[i].z += STEP * bodies[i].vz;
    }
  }
  sink = bodies[0].x;
}

static double random_number(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (double) (*state >> 11) * 0x1p-53;
}

int main(int argc, char **argv)
{
  int threads = measure_threads(argc, argv);
  uint64_t state = 88172645463325252u;
  char name[32];
  omp_set_num_threads(threads);
  for (int i = 0; i < BODIES; i++)
    bodies[i] = (struct body){.x = random_number(&state),
                              .y = random_number(&state),
                              .z = random_number(&state),
                              .mass = random_number(&state) / BODIES};
  snprintf(name, sizeof(name), "nbody_%d", threads);
  measure_rounds(name, run, (uint64_t) STEPS * BODIES * BODIES);
  return 0;
}
