import { Interpreter } from "@huggingface/jinja";
import type { Environment, Value } from "@huggingface/jinja";
import { ownFilters } from "./filters";
import type { Arguments } from "./filters";
import type { Call, Evaluated, Filter, Keyword, Statement } from "./nodes";
import { maxLength, operate, printKnown } from "./operators";
import type { Known } from "./operators";
import type { Template } from "./parse";
import { isUndefined, toKnown, toValue } from "./values";

const constants: ReadonlyMap<string, Known> = new Map(
  Object.entries({ true: true, True: true, false: false, False: false, none: null, None: null }),
);

/**
 * The package's interpreter, made to print and to calculate as Python does. It hooks into the one public method: all nodes
 * pass through `evaluate`, and what the package still does gets its operands evaluated already, so that none is evaluated twice.
 */
export class PythonInterpreter extends Interpreter {
  readonly #template: Template;
  readonly #escapeHtml: boolean;
  /** Texts that are HTML already: of `safe`, of macros and of `{% set %}` blocks. */
  readonly #markup = new WeakSet<Value>();
  #length = 0;

  constructor(template: Template, global: Environment, escapeHtml: boolean) {
    super(global);
    this.#template = template;
    this.#escapeHtml = escapeHtml;
  }

  override evaluate(node: Statement | undefined, scope: Environment): Value {
    if (node === undefined) return super.evaluate(node, scope);
    // `first` and `last` of an empty list give nothing at all in the package.
    const value: Value = this.#evaluate(node, scope) ?? toValue(undefined);
    if (this.#template.printed.has(node)) return toValue(this.#print(value));
    if (this.#template.looped.has(node) && isUndefined(value)) return toValue([]);
    return value;
  }

  #evaluate(node: Statement, scope: Environment): Value | undefined {
    switch (node.type) {
      case "Evaluated":
        return node.value;
      case "Identifier":
        return this.#lookup(node.value, scope);
      case "FilterExpression":
        return this.#filter(node, scope);
      case "CallExpression":
        return this.#call(node, scope);
      case "MemberExpression": {
        const object = this.evaluate(node.object, scope);
        if (isUndefined(object)) throw new Error(`${nameOf(node.object)} is undefined`);
        return super.evaluate({ ...node, object: evaluated(object) }, scope);
      }
      case "BinaryExpression": {
        if (["and", "or"].includes(node.operator.value)) return super.evaluate(node, scope);
        const [left, right] = [this.evaluate(node.left, scope), this.evaluate(node.right, scope)];
        return toValue(operate(node.operator.value, toKnown(left), toKnown(right)));
      }
      case "Set": {
        const value = super.evaluate(node, scope);
        if (node.body.length > 0) this.#markup.add(scope.lookupVariable(node.assignee.value));
        return value;
      }
      default:
        return super.evaluate(node, scope);
    }
  }

  #lookup(name: string, scope: Environment): Value {
    if (constants.has(name)) return toValue(constants.get(name));
    // Every scope of the package has a `namespace` of its own, which would hide a value of that name in a loop.
    const found = scope.lookupVariable(name);
    return name === "namespace" && typeof found.value === "function" ? this.global.lookupVariable(name) : found;
  }

  #call(node: Call, scope: Environment): Value {
    const callee = this.evaluate(node.callee, scope);
    if (typeof callee.value !== "function") throw new Error(`${nameOf(node.callee)} is no function here`);
    const result = super.evaluate({ ...node, callee: evaluated(callee) }, scope);
    if (node.callee.type === "Identifier" && typeof result.value === "string") this.#markup.add(result);
    return result;
  }

  #filter(node: Filter, scope: Environment): Value {
    const [name, given] =
      node.filter.type === "Identifier" ? [node.filter.value, []] : [nameOf(node.filter.callee), node.filter.args];
    const operand = this.evaluate(node.operand, scope);
    if (name === "safe") {
      const markup = toValue(printKnown(toKnown(operand)));
      this.#markup.add(markup);
      return markup;
    }
    const own = ownFilters.get(name);
    if (own) return toValue(own(toKnown(operand), this.#arguments(given, scope)));
    return super.evaluate({ ...node, operand: evaluated(operand) }, scope);
  }

  #arguments(nodes: readonly Statement[], scope: Environment): Arguments {
    const keywords = nodes.filter((node): node is Keyword => node.type === "KeywordArgumentExpression");
    const positional = nodes.filter((node) => node.type !== "KeywordArgumentExpression");
    return {
      positional: positional.map((node) => toKnown(this.evaluate(node, scope))),
      keywords: new Map(keywords.map((node) => [node.key.value, toKnown(this.evaluate(node.value, scope))])),
    };
  }

  #print(value: Value): string {
    const text = printKnown(toKnown(value));
    const shown = this.#escapeHtml && !this.#markup.has(value) ? escapeHtml(text) : text;
    this.#length += shown.length;
    if (this.#length > maxLength) throw new Error("the text is over 16 MiB");
    return shown;
  }
}

function evaluated(value: Value): Evaluated {
  return { type: "Evaluated", value };
}

function nameOf(node: Statement): string {
  if (node.type === "Identifier") return node.value;
  return node.type === "MemberExpression" ? `${nameOf(node.object)}.${nameOf(node.property)}` : "(…)";
}

const entities = new Map(Object.entries({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" }));

function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => entities.get(character) ?? character);
}
