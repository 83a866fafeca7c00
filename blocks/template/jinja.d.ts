/** What is used of the package. Its own declarations import without file names, which Node's module resolution refuses. */
declare module "@huggingface/jinja" {
  export type Token = { readonly type: string; readonly value: string };
  export type Node = { readonly type: string; readonly [field: string]: unknown };
  export type Program = Node & { readonly body: readonly Node[] };

  export type Value = {
    readonly type: string;
    readonly value:
      | null
      | undefined
      | boolean
      | number
      | string
      | Value[]
      | ReadonlyMap<string, Value>
      | ((...given: never[]) => Value);
    toString(): string;
  };

  export class Environment {
    constructor(parent?: Environment);
    /** Declares a name in this scope; throws if it has it. Answers the value converted from JSON. */
    set(name: string, value: unknown): Value;
    setVariable(name: string, value: Value): Value;
    /** The nearest scope's value, or an undefined one. */
    lookupVariable(name: string): Value;
  }

  export class Interpreter {
    readonly global: Environment;
    constructor(global: Environment);
    run(program: Program): Value;
    evaluate(node: Node | undefined, scope: Environment): Value;
  }

  export function tokenize(source: string): Token[];
  export function parse(tokens: Token[]): Program;
}
