import type { Json, JsonObject } from "../../graph/json";
import { BlockFailure } from "../block";
import { splitWords, trim } from "../texts";

type Element = { readonly name: string; readonly children: [name: string, content: Json][]; text: string };

const deepest = 1000;

/**
 * An element with text only is that text, trimmed; with children of different names an object; where a name is repeated a
 * list of objects with one key each. Attributes, comments, prolog and text beside children are dropped, entities kept as they
 * are. Throws `BlockFailure` `malformed_xml`. Takes time in proportion to the text.
 */
export function parseXml(xml: string): JsonObject {
  const top: Element = { name: "", children: [], text: "" };
  const open = [top];
  for (const piece of piecesOf(xml)) {
    const inner = open.at(-1) ?? top;
    if (piece.kind === "text") inner.text += piece.text;
    else if (piece.kind === "close") {
      if (open.length === 1 || inner.name !== piece.name) throw malformed(`</${piece.name}> closes nothing`);
      open.pop();
      open.at(-1)?.children.push([inner.name, contentOf(inner)]);
    } else if (piece.empty) inner.children.push([piece.name, ""]);
    else if (open.length > deepest) throw malformed(`it is nested deeper than ${deepest}`);
    else open.push({ name: piece.name, children: [], text: "" });
  }
  if (open.length > 1) throw malformed(`<${open.at(-1)?.name}> is not closed`);
  if (trim(top.text) !== "") throw malformed("there is text outside the root");
  if (top.children.length !== 1) throw malformed(`it has ${top.children.length} roots, not one`);
  return Object.fromEntries(top.children);
}

function contentOf({ children, text }: Element): Json {
  if (children.length === 0) return trim(text);
  const names = new Set(children.map(([name]) => name));
  return names.size === children.length
    ? Object.fromEntries(children)
    : children.map(([name, content]) => Object.fromEntries([[name, content]]));
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open"; readonly name: string; readonly empty: boolean }
  | { readonly kind: "close"; readonly name: string };

function* piecesOf(xml: string): Generator<Piece> {
  let at = 0;
  /** What lies before a mark, which is stepped over. */
  const until = (mark: string, from: number) => {
    const end = xml.indexOf(mark, from);
    if (end === -1) throw malformed(`"${mark}" is missing at its end`);
    at = end + mark.length;
    return xml.slice(from, end);
  };
  while (at < xml.length) {
    const tag = xml.indexOf("<", at);
    if (tag !== at) yield { kind: "text", text: xml.slice(at, tag === -1 ? xml.length : tag) };
    if (tag === -1) return;
    if (xml.startsWith("<!--", tag)) until("-->", tag + 4);
    else if (xml.startsWith("<![CDATA[", tag)) yield { kind: "text", text: until("]]>", tag + 9) };
    else if (xml.startsWith("<?", tag)) until("?>", tag + 2);
    else if (xml.startsWith("<!", tag)) {
      if (until(">", tag).includes("[")) {
        until("]", tag);
        until(">", at);
      }
    } else if (xml.startsWith("</", tag)) yield { kind: "close", name: nameOf(until(">", tag + 2)) };
    else {
      const end = endOfTag(xml, tag);
      const body = xml.slice(tag + 1, end);
      at = end + 1;
      yield { kind: "open", name: nameOf(body.replace(/\/$/, "")), empty: body.endsWith("/") };
    }
  }
}

/** The first `>` that is not within a quoted value. */
function endOfTag(xml: string, start: number): number {
  let quote = "";
  for (let i = start + 1; i < xml.length; i += 1) {
    const character = xml.charAt(i);
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === ">") return i;
    else if (character === '"' || character === "'") quote = character;
  }
  throw malformed("a tag has no end");
}

/** Words before the first attribute: a name may hold spaces. */
function nameOf(body: string): string {
  if (/^[a-z][\w.:-]*$/i.test(body)) return body.toLowerCase();
  const [head = ""] = body.split("=", 1);
  const words = splitWords(head);
  const name = (head.length < body.length ? words.slice(0, -1) : words).join("_").toLowerCase();
  if (name === "") throw malformed("a tag has no name");
  return name;
}

function malformed(why: string): BlockFailure {
  return new BlockFailure("malformed_xml", `input_xml cannot be parsed: ${why}`);
}
