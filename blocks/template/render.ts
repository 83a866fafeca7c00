import type { JsonObject } from "../../graph/json";
import { PythonInterpreter } from "./interpreter";
import { asFailure, parseTemplate } from "./parse";
import type { Template } from "./parse";
import { createScope } from "./values";

export type TemplateJob = { readonly format: string; readonly values: JsonObject; readonly escapeHtml: boolean };

/**
 * Jinja in this thread, for as long as it takes. Throws `BlockFailure` `template_error` for a syntax error, for what is
 * missing here (named) and for what fails while it runs.
 */
export function render({ format, values, escapeHtml }: TemplateJob): string {
  const template = parseTemplate(format);
  try {
    return new PythonInterpreter(template, createScope(values), escapeHtml).run(template.program).toString();
  } catch (error) {
    throw asFailure(error);
  }
}

/** Parsing takes some milliseconds up to here. */
const maxInlineLength = 8192;

/** The tokenizer takes quadratic time on white space: 8,192 spaces would hold the thread for a third of a second. */
const longSpace = /\s{256}/;

/** Whether it takes no longer than it is long, or fails before it begins. */
export function rendersInline(format: string): boolean {
  if (format.length > maxInlineLength || longSpace.test(format)) return false;
  let template: Template;
  try {
    template = parseTemplate(format);
  } catch {
    return true;
  }
  return template.isPlain;
}
