import { render } from "../../../blocks/template/render";
import type { JsonObject } from "../../../graph/json";

function fill(format: string, values: JsonObject = {}): string {
  return render({ format, values, escapeHtml: false });
}

describe("a template prints", () => {
  test("Python's forms, whole numbers without a point", () => {
    const values = { t: true, n: null, l: [1, "x", null, 2.5], o: { k: "it's", f: false } };
    expect(fill("{{ t }} {{ n }} {{ l }} {{ o }} {{ 4 / 2 }} {{ none }}", values)).toBe(
      `True None [1, 'x', None, 2.5] {'k': "it's", 'f': False} 2 None`,
    );
  });

  test("nothing for what is undefined", () => {
    expect(fill("[{{ a }}|{{ o.b }}|{{ l[5] }}|{{ e|first }}|{{ n.x }}]", { o: {}, l: [1], e: [], n: null })).toBe(
      "[||||]",
    );
  });

  test("what surrounds its tags as it is, but for one line break at the end", () => {
    expect(fill("a\n{% if true %}\n b\n{% endif %}\nc\n\n")).toBe("a\n\n b\n\nc\n");
    expect(fill("x {{- ' y ' -}} z")).toBe("x y z");
  });

  test("HTML escaped if asked, but not what is safe, a macro's or a block's", () => {
    const escaped = (format: string) => render({ format, values: { v: `<a href="x">&'` }, escapeHtml: true });
    expect(escaped("<b>{{ v }}")).toBe("<b>&lt;a href=&#34;x&#34;&gt;&amp;&#39;");
    expect(escaped("{{ v|safe }}{{ ['<'] }}")).toBe(`<a href="x">&'[&#39;&lt;&#39;]`);
    expect(escaped("{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m('<') }}")).toBe("<i>&lt;</i>");
    expect(escaped("{% set s %}<i>{{ '' ~ '<' }}</i>{% endset %}{{ s }}")).toBe("<i>&lt;</i>");
  });
});

describe("a template calculates as Python does", () => {
  test.each([
    ["1 == true", "True"],
    ["'1' == 1", "False"],
    ["'' == 0", "False"],
    ["[1, {'a': 2}] == [1, {'a': 2}]", "True"],
    ["undefined_name == none", "False"],
    ["-7 // 2", "-4"],
    ["-7 % 3", "2"],
    ["7 / 2", "3.5"],
    ["2 ** 3", "8"],
    ["true + 1", "2"],
    ["'ab' * 2", "abab"],
    ["'a' ~ 1 ~ none ~ [true] ~ undefined_name", "a1None[True]"],
    ["'a' < 'b' and [1, 2] < [1, 3]", "True"],
    ["[1] in [[1]] and 'b' in 'abc' and 'k' in {'k': 1}", "True"],
    ["[] or 'second'", "second"],
    ["[1, 2, 3][1:] + [4]", "[2, 3, 4]"],
    ["[3, 1, 2]|sort|join(', ')", "1, 2, 3"],
    ["[true, none]|join('-')", "True-None"],
    ["[{'n': 1}, {'n': 'b'}]|join('-', attribute='n')", "1-b"],
    ["'3.7'|int + -1.5|int + 'x'|int(5)", "7"],
    ["' 1_0 '|float", "10"],
    ["'😀a'|length", "2"],
    ["[1, none]|string|upper", "[1, NONE]"],
    ["undefined_name|default('d') ~ none|default('e') ~ ''|default('f', true)", "dNonef"],
    ["undefined_name|length", "0"],
  ])("%s is %s", (expression, result) => {
    expect(fill(`{{ ${expression} }}`)).toBe(result);
  });

  test.each([
    ["'a' + 1", "+ cannot be used on a text and a number"],
    ["1 < 'a'", "< cannot order a number and a text"],
    ["1 / 0", "/ by zero"],
    ["undefined_name + 1", "+ was given an undefined name"],
    ["10.0 ** 400", "** of these numbers has no number as result"],
  ])("%s fails", (expression, message) => {
    expect(() => fill(`{{ ${expression} }}`)).toThrow(message);
  });
});

describe("a template knows", () => {
  test("loops, conditions, sets, macros and filters", () => {
    const rows = [
      { name: "a", n: 1 },
      { name: "b", n: 0 },
    ];
    expect(
      fill(
        "{% for r in rows if r.n %}{{ loop.index }}{{ r.name }}{% else %}-{% endfor %}{% for r in none_there %}x{% else %}empty{% endfor %}",
        { rows },
      ),
    ).toBe("1aempty");
    expect(fill("{% for k, v in o.items() %}{{ k }}={{ v }};{% endfor %}", { o: { b: 1, a: [2] } })).toBe("b=1;a=[2];");
    expect(fill("{{ rows|map(attribute='name')|join }}{{ rows|selectattr('n')|list|length }}", { rows })).toBe("ab1");
  });

  test("its values by any name, even names that the language uses", () => {
    const values = { range: "r", namespace: "n", loop: "l", __proto__x: "p", constructor: "c" };
    expect(fill("{{ range }}{{ namespace }}{{ loop }}{{ constructor }}", values)).toBe("rnlc");
    expect(fill("{% for i in [1] %}{{ namespace }}{% endfor %}", values)).toBe("n");
    expect(fill("{{ constructor }}{{ __proto__ }}{{ x.constructor }}", { x: {} })).toBe("");
  });

  test("range, up to 100,000", () => {
    expect(fill("{{ range(2) }}{{ range(1, 8, 3) }}{{ range(3, 0, -2) }}")).toBe("[0, 1][1, 4, 7][3, 1]");
    expect(fill("{{ range(100000)|length }}")).toBe("100000");
    expect(() => fill("{{ range(100001) }}")).toThrow("range is over its limit of 100000");
  });

  test("its constants, which no value replaces", () => {
    expect(fill("{{ true }}{{ none }}", { true: 1, none: 2 })).toBe("TrueNone");
  });
});

describe("a template names what is missing", () => {
  test.each([
    ["{{ x|tojson }}", "there is no filter 'tojson'"],
    ["{{ x|sum(attribute='a') }}", "there is no filter 'sum'"],
    ["{% if false %}{{ x|escape }}{% endif %}", "there is no filter 'escape'"],
    ["{% raw %}{{ x }}{% endraw %}", "raw"],
    ["{% generation %}x{% endgeneration %}", "there is no tag 'generation'"],
    ["{% include 'x' %}", "include"],
    ["{{ ', '.join(x) }}", "(…).join is no function here"],
    ["{{ lipsum() }}", "lipsum is no function here"],
    ["{{ 3 is divisibleby }}", "divisibleby"],
    ["{{ missing.name }}", "missing is undefined"],
    ["{{ x.missing.name }}", "x.missing is undefined"],
    ["{{ '%s' % x }}", "% cannot be used on a text and an object"],
    ["{{ range }}", "a function stands where a value is wanted"],
  ])("%s", (format, message) => {
    expect(() => fill(format, { x: {} })).toThrow(expect.objectContaining({ code: "template_error" }));
    expect(() => fill(format, { x: {} })).toThrow(message);
  });

  test.each([
    "{{ a",
    "{{ a }",
    "{{ }}",
    "{% for %}",
    "{% if a %}",
    "{% endif %}",
    "{{ ((((a }}",
    "{# open",
    "{{ 'open }}",
  ])("%s is a syntax error", (format) => {
    expect(() => fill(format)).toThrow(expect.objectContaining({ code: "template_error" }));
  });

  test("a text over 16 MiB, and a nesting without end", () => {
    const values = { v: "x".repeat(1024 * 1024) };
    expect(() => fill("{{ v }}".repeat(17), values)).toThrow("the text is over 16 MiB");
    expect(() => fill("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")).toThrow(
      expect.objectContaining({ code: "template_error" }),
    );
    expect(() => fill(`{{ ${"(".repeat(20_000)} }}`)).toThrow("nests too deeply");
  });
});
