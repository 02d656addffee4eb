/* A picture of the gaps that hourglass saw: a histogram, both axes logarithmic. */
#include "gaps_plot.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define WIDTH           920
#define HEIGHT          440
#define LEFT            84
#define RIGHT           896
#define TOP             84
#define BOTTOM          372

#define GUEST_COLOR     "#2563a8"
#define REFERENCE_COLOR "#e0912f"

/* What of the axes is shown: powers of 2 of cycles, powers of 10 of gaps a second. */
struct frame
{
  int first_power;
  int powers;
  int first_decade;
  int decades;
};

static double rate(const struct gaps_side *side, int power)
{
  return side->seconds > 0 ? side->count[power] / side->seconds : 0;
}

static bool choose_frame(const struct gaps_plot *plot, struct frame *frame)
{
  double lowest = INFINITY;
  double highest = 0;
  int last_power = -1;
  *frame = (struct frame){.first_power = -1};
  for (int power = 0; power < GAPS_POWERS; power++)
  {
    double rates[2] = {rate(&plot->guest, power), rate(&plot->reference, power)};
    for (int i = 0; i < 2; i++)
    {
      if (rates[i] <= 0)
        continue;
      if (frame->first_power < 0)
        frame->first_power = power;
      last_power = power;
      lowest = fmin(lowest, rates[i]);
      highest = fmax(highest, rates[i]);
    }
  }
  if (last_power < 0)
    return false;
  frame->powers = last_power - frame->first_power + 1;
  /* The smallest bar is to be seen, too: the axis begins below it. */
  frame->first_decade = (int) ceil(log10(lowest)) - 1;
  frame->decades = (int) ceil(log10(highest)) - frame->first_decade;
  if (frame->decades == 0)
    frame->decades = 1;
  return true;
}

static double x_of(const struct frame *frame, double power)
{
  return LEFT + (power - frame->first_power) * (RIGHT - LEFT) / frame->powers;
}

static double y_of(const struct frame *frame, double per_second)
{
  return BOTTOM - (log10(per_second) - frame->first_decade) * (BOTTOM - TOP) / frame->decades;
}

static void draw_text(FILE *out, double x, double y, const char *attributes, const char *text)
{
  fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, attributes, text);
}

static void draw_line(FILE *out, double x1, double y1, double x2, double y2, const char *attributes)
{
  fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2,
          attributes);
}

/* Three digits at most: "12 ns", "1.6 us", "403 us". */
static void time_label(double ns, char *label, size_t bytes)
{
  static const char *const units[] = {"ns", "µs", "ms", "s"};
  int unit = 0;
  while (unit < 3 && ns >= 999.5)
  {
    ns /= 1000;
    unit++;
  }
  snprintf(label, bytes, ns < 9.95 ? "%.1f %s" : "%.0f %s", ns, units[unit]);
}

static void draw_axes(FILE *out, const struct frame *frame, double cycles_per_us)
{
  char label[64];
  for (int i = 0; i <= frame->decades; i++)
  {
    double y = y_of(frame, pow(10, frame->first_decade + i));
    draw_line(out, LEFT, y, RIGHT, y, "stroke=\"#dddddd\"");
    snprintf(label, sizeof(label), "10<tspan dy=\"-5\" font-size=\"9\">%d</tspan>",
             frame->first_decade + i);
    draw_text(out, LEFT - 8, y + 4, "text-anchor=\"end\"", label);
  }
  int each = 1 + frame->powers / 18;
  for (int power = 0; power <= frame->powers; power += each)
  {
    double x = x_of(frame, frame->first_power + power);
    draw_line(out, x, BOTTOM, x, BOTTOM + 5, "stroke=\"#333333\"");
    time_label(exp2(frame->first_power + power) * 1000 / cycles_per_us, label, sizeof(label));
    draw_text(out, x, BOTTOM + 20, "text-anchor=\"middle\" font-size=\"11\"", label);
  }
  draw_line(out, LEFT, BOTTOM, RIGHT, BOTTOM, "stroke=\"#333333\"");
  draw_text(out, (LEFT + RIGHT) / 2.0, BOTTOM + 48, "text-anchor=\"middle\"",
            "length of a gap, a bar for each power of two of cycles");
  fprintf(out,
          "<text transform=\"translate(26 %d) rotate(-90)\" text-anchor=\"middle\">gaps a "
          "second</text>\n",
          (TOP + BOTTOM) / 2);
}

static void draw_limit(FILE *out, const struct frame *frame, double cycles_per_us)
{
  double x = x_of(frame, log2(cycles_per_us));
  if (x < LEFT || x > RIGHT)
    return;
  draw_line(out, x, TOP - 16, x, BOTTOM, "stroke=\"#b03030\" stroke-dasharray=\"5 4\"");
  draw_text(out, x + 6, TOP - 5, "fill=\"#b03030\"", "over 1 µs: something else ran");
}

/* offset: where in its power's width the bar begins, from 0 to 1. */
static void draw_bars(FILE *out, const struct frame *frame, const struct gaps_side *side,
                      double offset, const char *color)
{
  double width = (double) (RIGHT - LEFT) / frame->powers;
  for (int power = frame->first_power; power < frame->first_power + frame->powers; power++)
  {
    double per_second = rate(side, power);
    if (per_second <= 0)
      continue;
    double y = y_of(frame, per_second);
    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\">"
            "<title>%.4g gaps a second from 2^%d to 2^%d cycles</title></rect>\n",
            x_of(frame, power) + offset * width, y, width * 0.4, BOTTOM - y, color, per_second,
            power, power + 1);
  }
}

static void draw_legend(FILE *out, double x, const char *color, const char *name, double seconds)
{
  char label[64];
  snprintf(label, sizeof(label), "%s, %.0f s", name, seconds);
  fprintf(out, "<rect x=\"%.1f\" y=\"22\" width=\"14\" height=\"14\" fill=\"%s\"/>\n", x, color);
  draw_text(out, x + 20, 34, "", label);
}

static void draw(FILE *out, const struct gaps_plot *plot, const struct frame *frame)
{
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
          "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n"
          "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
          WIDTH, HEIGHT, WIDTH, HEIGHT);
  draw_text(out, LEFT, 35, "font-size=\"18\"", "Gaps between two reads of the TSC");
  draw_text(out, LEFT, 56, "fill=\"#666666\"", "hourglass, in a loop on one CPU");
  if (plot->guest.seconds > 0)
    draw_legend(out, RIGHT - 230, GUEST_COLOR, "guest", plot->guest.seconds);
  if (plot->reference.seconds > 0)
    draw_legend(out, RIGHT - 110, REFERENCE_COLOR, "Linux", plot->reference.seconds);
  draw_axes(out, frame, plot->cycles_per_us);
  draw_bars(out, frame, &plot->guest, 0.08, GUEST_COLOR);
  draw_bars(out, frame, &plot->reference, 0.52, REFERENCE_COLOR);
  draw_limit(out, frame, plot->cycles_per_us);
  fputs("</svg>\n", out);
}

int gaps_plot_write(const char *path, const struct gaps_plot *plot)
{
  struct frame frame;
  if (!choose_frame(plot, &frame))
    return -ENODATA;
  FILE *out = fopen(path, "w");
  if (out == NULL)
    return -errno;
  draw(out, plot, &frame);
  int error = ferror(out) ? -EIO : 0;
  if (fclose(out) != 0 && error == 0)
    error = -errno;
  return error;
}
