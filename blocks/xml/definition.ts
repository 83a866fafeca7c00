import { define, emitted, object, pins, required, text } from "../pins";

export const xmlParser = define({
  id: "286380af-9529-4b55-8be0-1d7c854abdb5",
  name: "XMLParser",
  description: "Turns XML into an object; attributes are dropped, entities stay as they are.",
  placement: "inline",
  inputSchema: pins({ input_xml: required(text, "The XML: one root, at most 10 MB.") }),
  outputSchema: pins({ parsed_xml: emitted(object, "The root's content under the root's name.") }),
});
