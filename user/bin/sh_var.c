/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_var.c - variables: a list of name, value, exported, readonly
 *
 * ALWAYS TRUE    V1  a name is in the list at most once.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

struct var *vars;

size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

static struct var *find(const char *name)
{
	struct var *v = vars;

	while (v && strcmp(v->name, name))
		v = v->next;
	return v;
}

const char *var_get(const char *name)
{
	struct var *v = find(name);

	return v ? v->value : NULL;
}

/* A NULL value keeps the old one (and declares nothing but the export). */
int var_set(const char *name, const char *value, bool export)
{
	struct var *v = find(name);

	if (v && v->readonly && value) {
		fprintf(stderr, "sh: %s: read-only variable\n", name);
		return 1;
	}
	if (!v) {
		v = calloc(1, sizeof(*v));
		v->name = strdup(name);
		v->next = vars;
		vars = v;
	}
	if (value) {
		char *copy = strdup(value);

		free(v->value);
		v->value = copy;
	}
	v->exported |= export;
	return 0;
}

void var_unset(const char *name)
{
	for (struct var **p = &vars; *p; p = &(*p)->next) {
		struct var *v = *p;

		if (strcmp(v->name, name))
			continue;
		*p = v->next;
		free(v->name);
		free(v->value);
		free(v);
		return;
	}
}

void var_init(char **env)
{
	for (; *env; env++) {
		size_t n = name_length(*env);

		if (n && (*env)[n] == '=') {
			char *name = strndup(*env, n);

			var_set(name, *env + n + 1, true);
			free(name);
		}
	}
	if (!var_get("PATH"))
		var_set("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", true);
}

char **var_environ(void)
{
	char **env;
	size_t n = 0;

	for (struct var *v = vars; v; v = v->next)
		n++;
	env = arena_alloc((n + 1) * sizeof(*env));
	n = 0;
	for (struct var *v = vars; v; v = v->next) {
		size_t len;

		if (!v->exported || !v->value)
			continue;
		len = strlen(v->name) + strlen(v->value) + 2;
		env[n] = arena_alloc(len);
		snprintf(env[n++], len, "%s=%s", v->name, v->value);
	}
	return env;
}
