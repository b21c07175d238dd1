/*
 * figures.h - numbers as a person reads them, and small charts of them in SVG
 */
#ifndef UPROFILE_FIGURES_H
#define UPROFILE_FIGURES_H

#include "report/html.h"

#define UP_NUMBER_TEXT 40

/* With about three digits that count, thousands apart: 0.873, 12.4, 1,235, 3.1e+21; an en dash for what is not known. */
extern const char *up_number_shown(double v, char out[UP_NUMBER_TEXT]);
/* A share as percent: 12.3 %, 100 %. */
extern const char *up_share_shown(double share, char out[UP_NUMBER_TEXT]);

/* A bar from 0 to a share of the width of where it stands, 0 to 1; title: for whom it is read to. */
extern void up_chart_bar(UpHtml *h, double share, const char *title);
/* The same to the right or the left of the middle; -1 to 1. */
extern void up_chart_signed_bar(UpHtml *h, double share, const char *title);

#define UP_CHART_LINES 4

/* Points from left to right; the first line is drawn thick, the others thin and broken. */
typedef struct UpChartLine
{
	const char *name;
	size_t n;
	const double *x, *y;
	bool points; /* each is marked */
} UpChartLine;

typedef struct UpChart
{
	const char *title, *x_caption, *y_caption; /* title: for whom it is read to */
	double x_most, y_most;                     /* both axes begin at 0 */
	uint32_t n;
	UpChartLine lines[UP_CHART_LINES];
} UpChart;

/* A figure with axes, its lines, and a legend where there is more than one. */
extern void up_chart(UpHtml *h, const UpChart *c);

#endif
