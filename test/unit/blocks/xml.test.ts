import { failBlock, runBlock } from "./run-block";

const parse = (input_xml: string) => runBlock("XMLParser", { input_xml })[0]?.[1];
const why = (input_xml: string) => failBlock("XMLParser", { input_xml }).message;

describe("XMLParser", () => {
  test("makes a text of an element with text, trimmed, and an empty text of an empty one", () => {
    expect(parse("<a> some\ntext </a>")).toEqual({ a: "some\ntext" });
    expect(parse("<a></a>")).toEqual({ a: "" });
    expect(parse("<a>  </a>")).toEqual({ a: "" });
  });

  test("makes an object of children with different names", () => {
    expect(parse("<l><i>1</i></l>")).toEqual({ l: { i: "1" } });
    expect(parse("<l><i>1</i><j><k>2</k></j></l>")).toEqual({ l: { i: "1", j: { k: "2" } } });
  });

  test("makes a list of objects with one key each where any name is repeated", () => {
    expect(parse("<l><i>1</i><i>2</i></l>")).toEqual({ l: [{ i: "1" }, { i: "2" }] });
    expect(parse("<l><i>1</i><j/><I>2</I></l>")).toEqual({ l: [{ i: "1" }, { j: "" }, { i: "2" }] });
  });

  test("drops text beside children, and comments", () => {
    expect(parse("<a>one<b>two</b>three<!-- <c> --></a><!-- end -->")).toEqual({ a: { b: "two" } });
  });

  test("lower-cases names, with _ for spaces, and keeps entities as they are", () => {
    expect(parse("<Book><First Name>A &amp; B</First Name></BOOK>")).toEqual({ book: { first_name: "A &amp; B" } });
  });

  test("takes attributes, self-closing tags, prolog, document type and CDATA", () => {
    const xml = `<?xml version="1.0"?>
      <!DOCTYPE a [<!ELEMENT a (b)>]>
      <a href="x>y" lang='e"n'><b id = "1"/><c><![CDATA[ 1 < 2 & <d> ]]></c></a>`;
    expect(parse(xml)).toEqual({ a: { b: "", c: "1 < 2 & <d>" } });
    expect(parse("<a/>")).toEqual({ a: "" });
    expect(parse("<!DOCTYPE a><a></a>")).toEqual({ a: "" });
  });

  test("keeps a name that objects know as a name", () => {
    expect(JSON.stringify(parse("<a><__proto__>x</__proto__></a>"))).toBe('{"a":{"__proto__":"x"}}');
  });

  test.each([
    ["", "it has 0 roots, not one"],
    ["<a/><b/>", "it has 2 roots, not one"],
    ["<a></a>text", "there is text outside the root"],
    ["<a><b></a></b>", "</a> closes nothing"],
    ["</a>", "</a> closes nothing"],
    ["<a><b></b>", "<a> is not closed"],
    ["<a", "a tag has no end"],
    ['<a b="x>', "a tag has no end"],
    ["<a></ ></a>", "a tag has no name"],
    ["<a><!-- </a>", '"-->" is missing at its end'],
    ["<a><![CDATA[x</a>", '"]]>" is missing at its end'],
  ])("fails for %j", (xml, message) => {
    expect(why(xml)).toBe(`input_xml cannot be parsed: ${message}`);
  });

  test("fails for what is nested deeper than 1,000 or longer than 10 MB", () => {
    const nest = (depth: number) => `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;
    expect(parse(nest(1000))).toHaveProperty("a");
    expect(why(nest(1001))).toBe("input_xml cannot be parsed: it is nested deeper than 1000");
    expect(why(`<a>${"\u00e9".repeat(5.5 * 1024 * 1024)}</a>`)).toBe("input_xml is over 10 MB");
  });
});
