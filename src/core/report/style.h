/*
 * style.h - how pages look, in light and in dark
 */
#ifndef UPROFILE_STYLE_H
#define UPROFILE_STYLE_H

/* A style sheet, to stand in a <style> element. */
extern const char up_report_style[];

#endif
